export default { serverExternalPackages: ['twenty-crm-native'] };
