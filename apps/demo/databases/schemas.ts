import { productCount, type ServiceName } from '../topology';

/** Tables and first rows of each database. */
export const schemas: Readonly<Partial<Record<ServiceName, string>>> = {
  catalog: `
    CREATE TABLE products (id text PRIMARY KEY, name text NOT NULL, category text NOT NULL, price_cents int NOT NULL);
    CREATE INDEX products_category ON products (category);
    INSERT INTO products
      SELECT 'p-' || i, 'Product ' || i, (ARRAY['books', 'garden', 'kitchen', 'tools'])[1 + i % 4], 499 + 137 * i
      FROM generate_series(1, ${String(productCount)}) AS i;`,
  inventory: `
    CREATE TABLE stock (product_id text PRIMARY KEY, available int NOT NULL);
    CREATE TABLE reservations (order_id text NOT NULL, product_id text NOT NULL, quantity int NOT NULL, PRIMARY KEY (order_id, product_id));
    INSERT INTO stock SELECT 'p-' || i, 1000000 FROM generate_series(1, ${String(productCount)}) AS i;`,
  cart: `
    CREATE TABLE cart_items (user_id text NOT NULL, product_id text NOT NULL, quantity int NOT NULL, price_cents int NOT NULL,
      PRIMARY KEY (user_id, product_id));`,
  checkout: `
    CREATE TABLE orders (id text PRIMARY KEY, user_id text NOT NULL, total_cents int NOT NULL, placed_at timestamptz NOT NULL DEFAULT now());
    CREATE INDEX orders_user ON orders (user_id, placed_at DESC);`,
  payment: `
    CREATE TABLE charges (id text PRIMARY KEY, user_id text NOT NULL, amount_cents int NOT NULL, charged_at timestamptz NOT NULL DEFAULT now());
    CREATE INDEX charges_user ON charges (user_id, charged_at DESC);`,
};
