import { Endpoint } from '../../constructs';
import { enterpriseOf, exampleOptions } from '../enterprise';
import type { Environment } from '../environment';
import { applications } from './applications';
import { infrastructure } from './infrastructure';
import { logs } from './logs';
import { network } from './network';
import { services } from './services';

export { answer, type AnsweredUseCase, type UseCase } from './use-case';

/** The 57 use cases of document 004, in its order and words. */
export const useCases = [...infrastructure, ...applications, ...services, ...logs, ...network];

const at = (host: string): Endpoint => Endpoint.external(host, 443, { scheme: 'https' });

/** The environment `enterprise` with every service, also those that 004 has off at first, and with nodes whose addresses are known. */
export const everyService: Environment = {
  ...enterpriseOf({ ...exampleOptions, cluster: { nodeRanges: ['10.0.0.0/16'] } }),
  workloads: {},
  jenkins: { endpoint: at('jenkins.example.org') },
  fastApi: { endpoint: at('orders.example.org') },
};
