import { readFileSync } from 'node:fs';
import type { Plugin } from 'esbuild';

/** The one file that describes all 627 calls of EC2 and what goes in and out of them. */
const SCHEMAS = /[\\/]client-ec2[\\/]dist-es[\\/]schemas[\\/]schemas_0\.js$/;
/** A statement that begins with `var NAME =` and whose value is an array, or a combination of numbers or names. */
const DEFINITION = /^(?<head>(?:export )?var [\w$]+ = )(?<value>\[.*\]|[\w$ ]+\|[^;]*);\n$/s;
/** What the SDK's errors are registered in is no mere value. */
const EXCEPTIONS = 'errorTypeRegistries';

/**
 * Leaves out of the bundle the descriptions of calls that nobody makes: 0.5 MB. esbuild keeps arrays that refer to other
 * constants, as reading those could have an effect; these have none.
 */
export const ec2Schemas: Plugin = {
  name: 'ec2-schemas',
  setup(build) {
    build.onLoad({ filter: SCHEMAS }, ({ path }) => ({
      contents: withoutEffects(readFileSync(path, 'utf8')),
      loader: 'js',
    }));
  },
};

/** The same module, with every definition marked as free of effects. @throws Error when there is none. */
function withoutEffects(source: string): string {
  let marked = 0;
  const statements = source.split(/^(?=[^\s\]}])/m).map((statement) => {
    const { head, value } = DEFINITION.exec(statement)?.groups ?? {};
    if (head === undefined || value === undefined || head.includes(EXCEPTIONS)) return statement;
    marked += 1;
    return `${head}/* @__PURE__ */ (() => (${value}))();\n`;
  });
  if (marked === 0)
    throw new Error('The schemas of @aws-sdk/client-ec2 look different now: see ec2-schemas.ts.');
  return statements.join('');
}
