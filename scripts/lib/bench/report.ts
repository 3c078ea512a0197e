/** Figures side by side. The first column is text, the others are numbers. */
export interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** What was promised, and what was measured. */
export interface Goal {
  readonly promise: string;
  readonly figure: string;
  readonly met: boolean;
}

/** What one benchmark found. */
export interface Report {
  readonly name: string;
  /** How it was measured, in sentences. */
  readonly method: string;
  readonly tables: readonly Table[];
  readonly goals: readonly Goal[];
}

/** Milliseconds with as many digits as mean something. */
export function formatMs(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** A table in Markdown, aligned so that it reads as well on a terminal. */
function formatTable(table: Table): string {
  const widths = table.columns.map((column, index) =>
    Math.max(column.length, 3, ...table.rows.map((row) => row[index]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string => {
    const padded = widths.map((width, index) => pad(cells[index] ?? '', width, index));
    return `| ${padded.join(' | ')} |`;
  };
  const rule = widths.map((width, index) => (index === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [line(table.columns), `| ${rule.join(' | ')} |`, ...table.rows.map(line)].join('\n');
}

function pad(text: string, width: number, column: number): string {
  return column === 0 ? text.padEnd(width) : text.padStart(width);
}

/** One benchmark as a section of `docs/benchmarks.md`. */
export function formatReport(report: Report): string {
  const goals = report.goals.map(
    ({ promise, figure, met }) => `- ${met ? 'met' : 'MISSED'}: ${promise} (${figure})`,
  );
  const tables = report.tables.map((table) => `### ${table.title}\n\n${formatTable(table)}`);
  return [`## ${report.name}`, report.method, ...tables, goals.join('\n')].join('\n\n');
}
