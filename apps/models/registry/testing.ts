import type { ModelManifest, ScorerFigures } from '../manifest';

/** What a manifest of a test says of itself; the rest is the same in all. */
export interface ManifestChoice {
  readonly version: string;
  readonly parent?: string;
  readonly recall?: number;
  readonly recallOfProfile?: number;
  readonly alarmRate?: number;
  readonly role?: ModelManifest['role'];
  readonly incidents?: number;
  readonly incidentsOfProfile?: number;
  readonly backtest?: boolean;
}

/** A manifest as training writes it. */
export function manifestOf(choice: ManifestChoice): ModelManifest {
  const { version, parent, recall = 0.9, recallOfProfile = 0.7, alarmRate = 0.001, role = 'decides' } = choice;
  const { incidents = 10, incidentsOfProfile = 10, backtest = true } = choice;
  const figures = (value: number): ScorerFigures => ({ precision: 0.8, recall: value, f1: 0.8, auc: 0.95 });
  return {
    schema: 1,
    model: 'trace-anomaly',
    version,
    createdAtMs: Date.UTC(2026, 0, 2),
    featureSchema: 'ab'.repeat(32),
    profile: '000007-0123456789ab',
    files: { 'forest.json': { sha256: 'cd'.repeat(32), bytes: 1_000 } },
    lineage: {
      fromMs: Date.UTC(2025, 11, 1),
      throughMs: Date.UTC(2026, 0, 1),
      normalTraces: 10_000,
      anomalousTraces: 120,
      feedbackLabels: 3,
      code: '0.1.0',
      ...(parent !== undefined && { parent }),
    },
    parameters: { 'autoencoder.hidden': '32-16-8', 'forest.trees': 100, 'odd name!': 'x' },
    evaluation: {
      alarmRate,
      normalTraces: 5_000,
      faultyTraces: 300,
      scorers: {
        profile: figures(recallOfProfile),
        autoencoder: figures(0.6),
        'isolation-forest': figures(0.5),
        paths: figures(0.4),
        combined: figures(recall),
      },
      gainLowerBound: role === 'decides' ? 0.05 : -0.01,
    },
    ...(backtest && { backtest: { incidents, incidentsOfProfile } }),
    role,
  };
}

export function manifestFileOf(choice: ManifestChoice): Uint8Array {
  return Buffer.from(JSON.stringify(manifestOf(choice)));
}
