import type {
  DescribeAvailabilityZonesCommandInput,
  DescribeInstancesCommandInput,
  DescribeInstanceTypesCommandInput,
} from '@aws-sdk/client-ec2';
import { refusal } from '../error.ts';
import { applyFilters, type FilterTable } from '../filters.ts';
import { INSTANCE_TYPES, type InstanceTypeFacts } from '../instance-types.ts';
import { instancesOf } from '../look-up.ts';
import { type Instance, STATE_CODES } from '../model.ts';
import { pageOf } from '../paging.ts';
import { tagSet } from '../tag-rules.ts';
import type { World } from '../world.ts';
import type { XmlValue } from '../xml.ts';
import type { Operation } from './operation.ts';

/** DescribeInstances. */
export const describeInstances: Operation<DescribeInstancesCommandInput> = (world, input) => {
  const filters: FilterTable<Instance> = {
    'availability-zone': ({ zone }) => [zone],
    'block-device-mapping.device-name': ({ id }) => world.attachmentsOf(id).map(({ device }) => device),
    'block-device-mapping.status': ({ id }) => world.attachmentsOf(id).map(({ state }) => state),
    'block-device-mapping.volume-id': ({ id }) => world.attachmentsOf(id).map(({ volumeId }) => volumeId),
    'instance-id': ({ id }) => [id],
    'instance-state-code': ({ state }) => [STATE_CODES[state]],
    'instance-state-name': ({ state }) => [state],
    'instance-type': ({ type }) => [type],
  };
  const found = applyFilters(
    input.Filters,
    instancesOf(world, input.InstanceIds),
    filters,
    ({ tags }) => tags,
  );
  const page = pageOf(world, 'DescribeInstances', input, (input.InstanceIds ?? []).length > 0, found);
  return () => ({
    reservationSet: page.items.map((instance) => ({
      reservationId: instance.id.replace('i-', 'r-'),
      ownerId: world.parts.account,
      instancesSet: [instanceAnswer(world, instance)],
    })),
    nextToken: page.nextToken,
  });
};

function instanceAnswer(world: World, instance: Instance): XmlValue {
  return {
    instanceId: instance.id,
    instanceState: { code: STATE_CODES[instance.state], name: instance.state },
    instanceType: instance.type,
    launchTime: new Date(instance.launchedAt),
    placement: { availabilityZone: instance.zone, groupName: '', tenancy: 'default' },
    rootDeviceType: 'ebs',
    rootDeviceName: '/dev/xvda',
    blockDeviceMapping: world.attachmentsOf(instance.id).map((attachment) => ({
      deviceName: attachment.device,
      ebs: {
        volumeId: attachment.volumeId,
        status: attachment.state === 'busy' ? 'detaching' : attachment.state,
        attachTime: new Date(attachment.attachedAt),
        deleteOnTermination: attachment.deleteOnTermination,
      },
    })),
    tagSet: tagSet(instance.tags),
  };
}

/** DescribeInstanceTypes: a few types, with what concerns disks. */
export const describeInstanceTypes: Operation<DescribeInstanceTypesCommandInput> = (world, input) => {
  const named = input.InstanceTypes ?? [];
  const unknown = named.filter((name) => INSTANCE_TYPES[name] === undefined);
  if (unknown.length > 0) {
    const words = `The following supplied instance types do not exist: [${unknown.join(', ')}]`;
    throw refusal('InvalidInstanceType', words);
  }
  const all = Object.entries(INSTANCE_TYPES).map(([name, facts], index) => ({
    name,
    facts,
    sequence: index + 1,
  }));
  const asked = named.length === 0 ? all : all.filter(({ name }) => (named as string[]).includes(name));
  const filters: FilterTable<(typeof all)[number]> = {
    'instance-type': ({ name }) => [name],
    hypervisor: ({ facts }) => [facts.nitro ? 'nitro' : 'xen'],
    'ebs-info.nvme-support': ({ facts }) => [facts.nitro ? 'required' : 'unsupported'],
  };
  const found = applyFilters(input.Filters, asked, filters, () => new Map());
  const page = pageOf(world, 'DescribeInstanceTypes', input, named.length > 0, found);
  return () => ({
    instanceTypeSet: page.items.map(({ name, facts }) => typeAnswer(name, facts)),
    nextToken: page.nextToken,
  });
};

function typeAnswer(instanceType: string, facts: InstanceTypeFacts): XmlValue {
  return {
    instanceType,
    currentGeneration: facts.nitro,
    bareMetal: false,
    hypervisor: facts.nitro ? 'nitro' : 'xen',
    vCpuInfo: { defaultVCpus: facts.cores },
    memoryInfo: { sizeInMiB: facts.memoryMib },
    instanceStorageSupported: false,
    ebsInfo: {
      ebsOptimizedSupport: facts.nitro ? 'default' : 'unsupported',
      encryptionSupport: 'supported',
      ebsOptimizedInfo: { baselineBandwidthInMbps: facts.baselineMbps, baselineIops: facts.baselineIops },
      nvmeSupport: facts.nitro ? 'required' : 'unsupported',
      maximumEbsAttachments: facts.maximumAttachments,
      attachmentLimitType: facts.limitType,
    },
  };
}

/** DescribeAvailabilityZones. */
export const describeAvailabilityZones: Operation<DescribeAvailabilityZonesCommandInput> = (world, input) => {
  const { region, zones } = world.parts;
  const unknown = (input.ZoneNames ?? []).find((name) => !zones.includes(name));
  if (unknown !== undefined)
    throw refusal('InvalidParameterValue', `Invalid availability zone: [${unknown}]`);
  const asked = zones.filter((name) => input.ZoneNames?.includes(name) ?? true);
  const filters: FilterTable<string> = {
    'zone-name': (name) => [name],
    'region-name': () => [region],
    state: () => ['available'],
    'zone-type': () => ['availability-zone'],
  };
  const found = applyFilters(input.Filters, asked, filters, () => new Map());
  return () => ({
    availabilityZoneInfo: found.map((zoneName) => ({
      zoneName,
      zoneId: `${region.replace(/-(.).*-/, '$1')}-az${String(zones.indexOf(zoneName) + 1)}`,
      zoneState: 'available',
      zoneType: 'availability-zone',
      regionName: region,
      groupName: region,
      optInStatus: 'opt-in-not-required',
    })),
  });
};
