import { expect } from 'vitest';
import type { View } from '../../src/views/model.ts';
import type { Client } from './tasks.ts';

export async function createView(
  { v1 }: Client,
  parameters: View['parameters'],
  name = 'view',
): Promise<View> {
  const { status, body } = await v1('POST', '/views', { name, parameters });
  expect(status).toBe(201);
  return body.data;
}
