import { Construct } from 'constructs';
import type { Image } from '../images';
import type { ServiceEndpoint } from './endpoint';
import { namespaceOf, validName } from './naming';
import type { PlacementProps } from './placement';

/** Options of every {@link Component}. */
export interface ComponentProps extends PlacementProps {
  /** Name of its objects, and what tells it from another of its kind. @default - the construct's id */
  readonly name?: string;
}

/** Where a component's metrics are read. */
export interface ScrapeTarget {
  /** Name of the scrape job. */
  readonly job: string;
  readonly endpoint: ServiceEndpoint;
  /** @default '/metrics' */
  readonly path?: string;
}

/** Something whose metrics a store can collect. */
export interface IScrapable {
  readonly scrapeTargets: readonly ScrapeTarget[];
}

/** Base of every product: owns its workloads, configuration, endpoints and scrape targets. */
export abstract class Component extends Construct implements IScrapable {
  readonly name: string;
  readonly namespace: string;
  /** What runs in it: image, licence, end of life. */
  abstract readonly software: readonly Image[];
  abstract readonly scrapeTargets: readonly ScrapeTarget[];
  /** What the component's workloads have in common. */
  protected readonly common: PlacementProps & { readonly instance: string };

  constructor(scope: Construct, id: string, props: ComponentProps) {
    super(scope, id);
    this.name = validName(`${this.node.path}.name`, props.name ?? id);
    this.namespace = namespaceOf(this);
    const { nodeSelector, tolerations, priorityClass, labels } = props;
    this.common = {
      instance: this.name,
      ...(nodeSelector !== undefined && { nodeSelector }),
      ...(tolerations !== undefined && { tolerations }),
      ...(priorityClass !== undefined && { priorityClass }),
      ...(labels !== undefined && { labels }),
    };
  }
}
