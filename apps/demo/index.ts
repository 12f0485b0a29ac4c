/**
 * A small shop to watch: seven services over HTTP, five with a PostgreSQL of their own, instrumented by the stock
 * OpenTelemetry SDK; faults to switch on in any of them; visitors. It knows of an OTLP endpoint and of nothing behind it.
 */
export { DemoError, type DemoErrorCode } from './errors';
export { drawFault, drawParameters, faultNamed, faultNames, faults, skippedCall } from './faults';
export type { FaultChoice, FaultName, FaultParameters, FaultSpec } from './faults';
export type { LoadStats } from './messages';
export { defaultRatePerSecond } from './processes';
export type { Progress, RunningService, ShopOptions } from './processes';
export { runShopProgram } from './programs';
export { faultSwitch, type FaultState, type RemoteFaultSwitch } from './remote-fault';
export { startShop, type Injection, type Shop } from './shop';
export { serviceNames, topology, type ServiceName, type ServiceSpec } from './topology';
