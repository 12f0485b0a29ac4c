import { Construct } from 'constructs';
import {
  Instrumentation,
  InstrumentationSpecPropagators as PropagatorName,
  InstrumentationSpecSamplerType as SamplerType,
} from '../../imports/opentelemetry.io';
import type { OtelTier } from '../collection/otel-tier';
import { defined } from '../core/defined';
import { InvalidPropError } from '../core/errors';
import { namespaceOf, validName } from '../core/naming';
import { Platform } from '../core/platform';
import { webUrl } from '../core/tls-settings';
import { resourceRequirements, type Resources } from '../core/resources';
import { imageReference, images } from '../images';
import {
  defaultPropagators,
  defaultSampler,
  exporters,
  samplerArgument,
  type InstrumentationProps,
} from './open-telemetry';

/** Languages that the operator instruments without a change of the application. */
export type Language = 'java' | 'python' | 'nodejs' | 'dotnet' | 'go';

/** Options of an {@link AutoInstrumentation}. */
export interface AutoInstrumentationProps extends InstrumentationProps {
  /** Collectors that applications send to. */
  readonly tier: OtelTier;
  /** Name of the object. @default - the construct's id */
  readonly name?: string;
  /** @default - all of them */
  readonly languages?: readonly Language[];
  /** Whole image references, by language. @default - those of the images table, below the environment's registry */
  readonly images?: Readonly<Partial<Record<Language, string>>>;
  /** Of the container that brings the library, and of Go's sidecar. @default 50m and 128 MiB, with limits of 500m and 256 MiB */
  readonly resources?: Resources;
  /** Variables of every instrumented container, which its own have precedence over. @default - none */
  readonly env?: Readonly<Record<string, string>>;
}

/** Options of {@link AutoInstrumentation.annotations}. */
export interface InjectionProps {
  /** Containers that are instrumented. @default - the first of the pod */
  readonly containers?: readonly string[];
  /** Path of the program, which Go's instrumentation has to know. @default - none */
  readonly goProgram?: string;
}

const imageOf = {
  java: images.autoInstrumentationJava,
  python: images.autoInstrumentationPython,
  nodejs: images.autoInstrumentationNodejs,
  dotnet: images.autoInstrumentationDotnet,
  go: images.autoInstrumentationGo,
} as const;

const pythonLogs = 'OTEL_PYTHON_LOGGING_AUTO_INSTRUMENTATION_ENABLED';
const prefix = 'instrumentation.opentelemetry.io';

/** As the restricted Pod Security Standard wants it: namespaces of applications often enforce it. */
const restricted = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  readOnlyRootFilesystem: true,
  runAsNonRoot: true,
  runAsUser: 10001,
  seccompProfile: { type: 'RuntimeDefault' },
};

/**
 * Has applications instrumented without a change of theirs, by the OpenTelemetry Operator, which has to be in the cluster: pods or whole
 * namespaces with its annotations get a library of their language, and send to the collectors. Where an application has an SDK already,
 * there is `instrument` instead.
 *
 * Go is instrumented from a privileged sidecar, which the operator adds only with `--enable-go-instrumentation`, and no namespace of a
 * stricter Pod Security Standard admits.
 */
export class AutoInstrumentation extends Construct {
  readonly name: string;
  readonly namespace: string;
  private readonly languages: readonly Language[];

  /** @throws {InvalidPropError} if there is no language, or a quantity or an image cannot be read */
  constructor(scope: Construct, id: string, props: AutoInstrumentationProps) {
    super(scope, id);
    const { tier, languages = Object.keys(imageOf) as Language[], env = {}, attributes = {}, environment } = props;
    if (languages.length === 0) throw new InvalidPropError(`${this.node.path}.languages`, [], 'at least one language');
    this.name = validName(`${this.node.path}.name`, props.name ?? id);
    this.namespace = namespaceOf(this);
    this.languages = languages;
    const { propagators = defaultPropagators, sampler = defaultSampler } = props;
    const { tls } = tier.otlpHttp;
    const settings = { OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf', ...exporters(tier), ...env };
    new Instrumentation(this, 'instrumentation', {
      metadata: { name: this.name, namespace: this.namespace, labels: { ...Platform.of(this).labels } },
      spec: {
        exporter: {
          endpoint: webUrl(tier.otlpHttp),
          ...(tls?.ca !== undefined && { tls: { secretName: tls.ca, caFile: 'ca.crt' } }),
        },
        propagators: propagators.map((each) => named(PropagatorName, each)),
        sampler: { type: named(SamplerType, sampler.type), ...defined({ argument: samplerArgument(sampler) }) },
        env: Object.entries(settings).map(([name, value]) => ({ name, value })),
        resource: {
          resourceAttributes: { ...defined({ 'deployment.environment.name': environment }), ...attributes },
        },
        // Name and version of a service are those of its labels, where there are some.
        defaults: { useLabelsForResourceAttributes: true },
        initContainerSecurityContext: restricted,
        ...Object.fromEntries(languages.map((language) => [language, this.libraryOf(language, props)])),
      },
    });
  }

  /**
   * What has pods instrumented: for their template, or for a namespace, where all of its pods are unless theirs say `false`.
   *
   * @param language of the containers; a namespace may be given those of several
   * @throws {InvalidPropError} if this is not for the language, or it is Go without a program
   */
  annotations(language: Language, { containers, goProgram }: InjectionProps = {}): Readonly<Record<string, string>> {
    if (!this.languages.includes(language))
      throw new InvalidPropError(`${this.node.path}.languages`, this.languages, `with ${language} among them`);
    if (language === 'go' && goProgram === undefined)
      throw new InvalidPropError(`${this.node.path}.goProgram`, goProgram, 'the path of the program');
    return {
      [`${prefix}/inject-${language}`]: `${this.namespace}/${this.name}`,
      ...(containers !== undefined && { [`${prefix}/container-names`]: containers.join(',') }),
      ...(goProgram !== undefined && { [`${prefix}/otel-go-auto-target-exe`]: goProgram }),
    };
  }

  /** What keeps pods of an instrumented namespace as they are. */
  static optOut(language: Language): Readonly<Record<string, string>> {
    return { [`${prefix}/inject-${language}`]: 'false' };
  }

  private libraryOf(language: Language, props: AutoInstrumentationProps) {
    const { tier, images: own = {}, resources = standardResources } = props;
    const image = imageReference(imageOf[language], Platform.of(this).registries, own[language]);
    const requirements = resourceRequirements(`${this.node.path}.resources`, resources);
    return {
      image,
      ...(language === 'java' ? { resources: requirements } : { resourceRequirements: requirements }),
      // Python's alone sends no log records for having an exporter.
      ...(language === 'python' && tier.signals.includes('logs') && { env: [{ name: pythonLogs, value: 'true' }] }),
    };
  }
}

const standardResources: Resources = { cpu: '50m', cpuLimit: '500m', memory: '128Mi', memoryLimit: '256Mi' };

function named<Enum extends Readonly<Record<string, string>>>(values: Enum, value: string): Enum[keyof Enum] {
  const found = Object.values(values).find((each) => each === value);
  if (found === undefined) throw new InvalidPropError('the value', value, `one of ${Object.values(values).join(', ')}`);
  return found as Enum[keyof Enum];
}
