// Arrays put together, bytes as text.

function together(Type, parts) {
  const whole = new Type(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export const joined = (parts) => (parts.length === 1 ? parts[0] : together(Float32Array, parts));
export const bytesOf = (parts) => together(Uint8Array, parts);

// AudioWorklets have no TextDecoder.
export function textOf(bytes) {
  if (typeof TextDecoder !== 'undefined') return new TextDecoder().decode(bytes);
  let text = '';
  for (const byte of bytes) text += byte < 128 ? String.fromCharCode(byte) : '%' + byte.toString(16);
  try {
    return decodeURIComponent(text.replace(/%(?![89a-f])/g, '%25'));
  } catch {
    return text;
  }
}

export const hexOf = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
