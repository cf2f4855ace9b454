export interface Binary {
  file: () => unknown;
  installed: () => unknown;
  manifest: () => { version: string };
}

/**
 * The binaries by platform: the file beside this package (a build from a checkout), the platform's npm package, and its
 * manifest. Every path is a literal, so that bundlers and file tracers find it.
 */
const binaries: Record<string, Binary> = {
  'darwin-arm64': {
    file: () => require('../twenty-crm-native.darwin-arm64.node'),
    installed: () => require('twenty-crm-native-darwin-arm64'),
    manifest: () => require('twenty-crm-native-darwin-arm64/package.json'),
  },
  'darwin-x64': {
    file: () => require('../twenty-crm-native.darwin-x64.node'),
    installed: () => require('twenty-crm-native-darwin-x64'),
    manifest: () => require('twenty-crm-native-darwin-x64/package.json'),
  },
  'linux-arm64-gnu': {
    file: () => require('../twenty-crm-native.linux-arm64-gnu.node'),
    installed: () => require('twenty-crm-native-linux-arm64-gnu'),
    manifest: () => require('twenty-crm-native-linux-arm64-gnu/package.json'),
  },
  'linux-arm64-musl': {
    file: () => require('../twenty-crm-native.linux-arm64-musl.node'),
    installed: () => require('twenty-crm-native-linux-arm64-musl'),
    manifest: () => require('twenty-crm-native-linux-arm64-musl/package.json'),
  },
  'linux-x64-gnu': {
    file: () => require('../twenty-crm-native.linux-x64-gnu.node'),
    installed: () => require('twenty-crm-native-linux-x64-gnu'),
    manifest: () => require('twenty-crm-native-linux-x64-gnu/package.json'),
  },
  'linux-x64-musl': {
    file: () => require('../twenty-crm-native.linux-x64-musl.node'),
    installed: () => require('twenty-crm-native-linux-x64-musl'),
    manifest: () => require('twenty-crm-native-linux-x64-musl/package.json'),
  },
  'win32-arm64-msvc': {
    file: () => require('../twenty-crm-native.win32-arm64-msvc.node'),
    installed: () => require('twenty-crm-native-win32-arm64-msvc'),
    manifest: () => require('twenty-crm-native-win32-arm64-msvc/package.json'),
  },
  'win32-x64-msvc': {
    file: () => require('../twenty-crm-native.win32-x64-msvc.node'),
    installed: () => require('twenty-crm-native-win32-x64-msvc'),
    manifest: () => require('twenty-crm-native-win32-x64-msvc/package.json'),
  },
};

export { binaries };
