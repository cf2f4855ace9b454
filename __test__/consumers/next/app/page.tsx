export default function Page() {
  return <p>twenty-crm-native</p>;
}
