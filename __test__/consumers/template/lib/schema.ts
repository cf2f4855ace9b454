// The rows of the template's queries, including columns that the CRM does not use.
export interface ClientProfile {
  id: string;
  userId: string;
  email: string;
  tenantId: string | null;
  name: string;
  displayName: string | null;
  username: string | null;
  bio: string | null;
  jobTitle: string | null;
  company: string | null;
  industry: string | null;
  phone: string | null;
  website: string | null;
  location: string | null;
  skills: { name: string; category: string; proficiency: number }[] | null;
  accountType: 'individual' | 'business' | 'enterprise' | null;
  status: 'active' | 'inactive' | 'suspended' | 'banned' | 'trial' | null;
  plan: 'free' | 'standard' | 'premium' | null;
  totalSubmissions: number | null;
  createdAt: Date;
  updatedAt: Date;
}

export interface Company {
  id: string;
  name: string;
  website: string | null;
  domain: string | null;
  slug: string | null;
  tenantId: string | null;
  status: 'active' | 'inactive';
  createdAt: Date;
  updatedAt: Date;
}
