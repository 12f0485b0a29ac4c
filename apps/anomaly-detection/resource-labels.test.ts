import { longestLabel } from '@plumbline/wire';
import { resourceLabels } from './resource-labels';

const labels = (resource: unknown) => resourceLabels(JSON.stringify(resource));

describe('labels of a resource', () => {
  test('are its version, pod and node', () => {
    const resource = { 'service.version': '1.4.2', 'k8s.pod.name': 'payment-7f', 'k8s.node.name': 'node-3' };
    expect(labels({ ...resource, 'telemetry.sdk.name': 'otel' })).toEqual({
      version: '1.4.2',
      pod: 'payment-7f',
      node: 'node-3',
    });
  });

  test('are an instance and a host where there is no cluster', () => {
    expect(labels({ 'service.instance.id': 'a1', 'host.name': 'db-host' })).toEqual({ pod: 'a1', node: 'db-host' });
    const both = { 'service.instance.id': 'a1', 'k8s.pod.name': 'payment-7f', 'host.name': 'x', 'k8s.node.name': 'n' };
    expect(labels(both)).toEqual({ pod: 'payment-7f', node: 'n' });
  });

  test('take no container for a node', () => {
    expect(labels({ 'k8s.pod.name': 'payment-7f', 'host.name': 'payment-7f' })).toEqual({ pod: 'payment-7f' });
  });

  test('are none where nothing is named, or nothing that can be read', () => {
    expect(labels({})).toEqual({});
    expect(labels({ 'service.version': '', 'k8s.pod.name': null, 'host.name': { nested: true } })).toEqual({});
    expect([resourceLabels('{"service.version"'), labels([]), labels(null), labels('1.4.2')]).toEqual([{}, {}, {}, {}]);
  });

  test('are bounded, and print on one line', () => {
    const hostile = `1.0\n\u001b[31m\u202e${'x'.repeat(10_000)}`;
    const { version = '' } = labels({ 'service.version': hostile });
    expect(version.length).toBeLessThanOrEqual(longestLabel);
    expect(version).toMatch(/^1\.0\u{fffd}\u{fffd}\[31m\u{fffd}x+$/u);
    expect(labels({ 'service.version': ' \n ' }).version).not.toMatch(/\n/);
  });

  test('never end in half of a character', () => {
    const { version = '' } = labels({ 'service.version': `${'x'.repeat(longestLabel - 1)}😀` });
    expect(Buffer.from(version, 'utf8').toString('utf8')).toBe(version);
  });

  test('are numbers as texts', () => {
    expect(labels({ 'service.version': 42 })).toEqual({ version: '42' });
  });
});
