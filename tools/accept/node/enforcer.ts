import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiServerPeer } from '../../peers';
import { addresses, type NodeNetwork } from './network';
import { chain, policyRules, type PolicyState } from './policies';

/** Keeps the rules of the node as the policies of the cluster are. */
export interface Enforcer {
  /** Lines of the rules that hold now. */
  rules(): string;
  stop(): Promise<void>;
}

/** Begins with rules that let no pod do anything. */
export async function enforcePolicies(network: NodeNetwork, kubectl: ApiServerPeer['kubectl']): Promise<Enforcer> {
  let rules = '';
  const apply = async (state: PolicyState) => {
    const wanted = policyRules(state, addresses.pods);
    if (wanted === rules) return;
    await network.run('iptables-restore', ['--noflush', '--wait'], wanted);
    rules = wanted;
  };
  await apply({ namespaces: [], pods: [], policies: [] });
  // FORWARD: between pods and to the outside; INPUT: to the node, its DNS among it. Both after a Service's address is translated.
  for (const hook of ['FORWARD', 'INPUT']) await network.run('iptables', ['-I', hook, '-i', 'cni0', '-j', chain]);
  const ending = new AbortController();
  const loop = follow(() => state(kubectl).then(apply), ending.signal);
  // What is waited for fails by it in another place, long before `stop` reports it.
  loop.catch((error: unknown) => console.error(`policies are not enforced any more: ${String(error)}`));
  return {
    rules: () => rules,
    stop: async () => {
      ending.abort();
      await loop;
    },
  };
}

async function follow(step: () => Promise<void>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await step();
    await sleep(300);
  }
}

async function state(kubectl: ApiServerPeer['kubectl']): Promise<PolicyState> {
  const { stdout } = await kubectl(['get', 'namespaces,pods,networkpolicies', '--all-namespaces', '--output=json']);
  const { items } = JSON.parse(stdout) as { readonly items: readonly ({ readonly kind: string } & Item)[] };
  const of = (kind: string) => items.filter((item) => item.kind === kind);
  return {
    namespaces: of('Namespace'),
    // One that has ended has given its address back.
    pods: of('Pod').filter(({ status }) => status.phase !== 'Succeeded' && status.phase !== 'Failed'),
    policies: of('NetworkPolicy'),
  };
}

type Item = PolicyState['pods'][number] &
  PolicyState['policies'][number] & { readonly status: { readonly phase?: string } };
