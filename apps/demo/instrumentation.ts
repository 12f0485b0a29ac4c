/** The stock SDK, steered by `OTEL_*` alone, as one file when it is compiled: see {@link instrumentationModule}. */
import '@opentelemetry/auto-instrumentations-node/register';
