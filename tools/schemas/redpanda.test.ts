import { besides, keptProperties, namedOtherwise } from './redpanda-kept';
import { redpandaSchema, type DocumentedProperty } from './redpanda';

/** The properties that are kept, each as a switch of the cluster unless said otherwise. */
function documented(others: Readonly<Record<string, Partial<DocumentedProperty>>> = {}): readonly DocumentedProperty[] {
  return keptProperties.map((name) => {
    const listed = namedOtherwise[name] ?? name;
    return { name: listed, config_scope: 'cluster', type: 'boolean', ...others[listed] };
  });
}

describe("A schema of Redpanda's properties", () => {
  it('has each under its own name, by its type and scope', () => {
    const { cluster, node } = redpandaSchema(
      documented({
        crash_loop_limit: { config_scope: 'broker', type: 'integer', minimum: 0, maximum: 9, nullable: true },
        superusers: { type: 'array', items: { type: 'string' } },
        log_retention_ms: { type: 'retention_duration_property' },
        tls_min_version: { type: 'string', enum: ['v1.2', 'v1.3'] },
        sasl_mechanisms: { type: 'array', items: { type: 'string', enum: ['SCRAM', 'PLAIN'] } },
      }),
      'a list',
    );
    expect(node).toEqual({
      integer: 'crash_loop_limit',
      bounds: { crash_loop_limit: [0, 9] },
      nullable: 'crash_loop_limit',
    });
    expect(cluster).toMatchObject({ integer: 'log_retention_ms', string: 'tls_min_version' });
    expect(cluster.strings).toBe('sasl_mechanisms superusers');
    expect(cluster.boolean).toContain('default_topic_replications');
    expect(cluster.choices).toEqual({
      ...besides.choices,
      tls_min_version: 'v1.2 v1.3',
      sasl_mechanisms: 'SCRAM PLAIN',
    });
  });

  it('says which hold from the next start only', () => {
    expect(redpandaSchema(documented({ disable_metrics: { needs_restart: true } }), 'a list').restart).toBe(
      'disable_metrics',
    );
  });

  it.each<[string, Partial<DocumentedProperty>, string]>([
    ['is called otherwise now', { name: 'super_users' }, 'a list has no property superusers'],
    ['is deprecated', { is_deprecated: true }, 'a list has no property superusers'],
    ['is of a type that is not known', { type: 'secret' }, 'superusers is of a type that is not known: secret'],
  ])('is not made if one that is kept %s', (_, change, message) => {
    expect(() => redpandaSchema(documented({ superusers: change }), 'a list')).toThrow(message);
  });
});
