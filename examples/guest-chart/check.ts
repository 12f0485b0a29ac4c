import { givenNamespace, givenSecret, violationsOf } from 'plumbline/testing';
import { shop } from './shop';

/* The invariants of the library, in the tests of the team: what they print is what is wrong. */

const identities = ['shop-traces-day', 'shop-traces-month'].map((name) => `${name}-shop-objects-s3`);
const secrets = ['registry', 'shop-objects-root', ...identities];
const given = [...givenNamespace('shop'), ...secrets.map((name) => givenSecret('shop', name))];
// A field of next year's Kubernetes; and the log shipper is the mesh's, which says what it may take and how it is asked.
const except = ['schema', 'resources-set', 'probes-set'];

console.log(JSON.stringify(violationsOf(shop(), { given, except })));
