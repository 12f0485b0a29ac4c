import { Duration } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';

/** How often and how patiently a {@link Probe} asks. */
export interface ProbeTiming {
  /** @default Duration.seconds(10) */
  readonly period?: Duration;
  /** @default Duration.seconds(5) */
  readonly timeout?: Duration;
  /** Failures in a row that count. @default 3 */
  readonly failures?: number;
}

/** How the kubelet asks a container whether it is well. */
export class Probe {
  /** `GET path` answers 2xx or 3xx. @param port name of a port of the container */
  static http(port: string, path: string, timing: ProbeTiming = {}): Probe {
    return new Probe({ httpGet: { path, port: k8s.IntOrString.fromString(port) } }, timing);
  }

  /** The command exits 0 in the container. */
  static command(command: readonly string[], timing: ProbeTiming = {}): Probe {
    return new Probe({ exec: { command: [...command] } }, timing);
  }

  /** The port takes connections. @param port name of a port of the container */
  static tcp(port: string, timing: ProbeTiming = {}): Probe {
    return new Probe({ tcpSocket: { port: k8s.IntOrString.fromString(port) } }, timing);
  }

  private constructor(
    private readonly handler: k8s.Probe,
    private readonly timing: ProbeTiming,
  ) {}

  /** The same question, asked over TLS if it asks one of these ports by HTTP. Kubelets verify no certificate. */
  over(encrypted: readonly string[]): Probe {
    const { httpGet } = this.handler;
    if (httpGet === undefined || !encrypted.includes(String(httpGet.port.value))) return this;
    return new Probe({ httpGet: { ...httpGet, scheme: 'HTTPS' } }, this.timing);
  }

  render(): k8s.Probe {
    const { period = Duration.seconds(10), timeout = Duration.seconds(5), failures = 3 } = this.timing;
    return {
      ...this.handler,
      periodSeconds: period.toSeconds(),
      timeoutSeconds: timeout.toSeconds(),
      failureThreshold: failures,
    };
  }
}
