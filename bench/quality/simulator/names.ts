import type { Random } from './random';

const nouns = (
  'account address audit badge basket billing booking catalog charge claim contact coupon credit cursor delivery device digest ' +
  'draft event export feed fleet geo image index invoice ledger license listing locale lookup mail market media member menu meter ' +
  'note offer order parcel partner payment place plan policy price profile promo quota quote rating refund report review reward ' +
  'route sale schedule search session share shelf shipment site slot stock store survey tariff tax ticket token tour track trip ' +
  'user vendor video visit voucher wallet widget'
).split(' ');
const roles = ['', '-service', '-api', '-core', '-worker'];
const verbs = [
  'get',
  'list',
  'find',
  'create',
  'update',
  'check',
  'apply',
  'resolve',
  'load',
  'submit',
  'cancel',
  'render',
];
const locals = [
  'parse',
  'validate',
  'render',
  'authorize',
  'map',
  'aggregate',
  'serialize',
  'enrich',
  'filter',
  'merge',
];

/** Distinct names of services; nothing may depend on them. */
export function serviceNames(count: number, random: Random): string[] {
  const all = roles.flatMap((role) => nouns.map((noun) => `${noun}${role}`));
  return random.shuffle(all).slice(0, count);
}

/** Distinct names of a service's operations. */
export function operationNames(service: string, count: number, random: Random): string[] {
  const noun = service.split('-')[0] ?? service;
  const forms = verbs.flatMap((verb) => [`${verb} ${noun}`, `${verb} ${noun} items`]);
  return random.shuffle(forms).slice(0, count);
}

export function localName(random: Random): string {
  return `${random.pick(locals)} ${random.pick(nouns)}`;
}
