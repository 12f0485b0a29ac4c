import { acceptCredentials } from './node/credentials';
import { enforcePolicies } from './node/enforcer';
import { onNode } from './node/machine';
import { apply, renderedObjects } from './node/objects';
import { acceptWorkers } from './node/workers';
import { Report } from './report';

/**
 * What `dist/thesis` renders, on a node that really runs it: the worker image without docker, restricted pods, network
 * policies, and the worker's end when its pod is deleted. Kafka and the object store are outside of the cluster.
 *
 * @throws {NotAcceptedError} naming what does not hold, or what the machine lacks
 */
export async function acceptNode(): Promise<void> {
  const report = new Report();
  await onNode(report, async ({ cluster, image, undo }) => {
    const enforcer = await enforcePolicies(cluster.network, cluster.kubectl);
    undo.push(() => enforcer.stop());
    await report.step('restricted namespaces that deny everything', () =>
      apply(cluster.kubectl, renderedObjects('00-namespaces')),
    );
    await acceptCredentials(report, cluster);
    await acceptWorkers(report, cluster, image);
  });
}
