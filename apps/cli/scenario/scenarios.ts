import { distributedTracing } from './distributed-tracing';
import { eventStreaming } from './event-streaming';
import { observabilityIntegration } from './observability-integration';
import type { Scenario } from './scenario';

/** Every scenario, in the order in which they are best shown. */
export const scenarios: readonly Scenario[] = [eventStreaming, distributedTracing, observabilityIntegration];
