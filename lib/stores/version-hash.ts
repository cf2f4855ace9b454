import type { MappingInput } from '../../index.js';
import { callNow } from '../dispatcher.js';
import { native } from '../native.js';
import { toJson } from '../serialise.js';

function hashOf({ versionHash, dataForHash }: MappingInput) {
  if (versionHash) return versionHash;
  const json = toJson('dataForHash', dataForHash);
  return json === undefined ? null : callNow(() => native.versionHash(json));
}

export { hashOf };
