//! twenty-sim: a stand-in for a Twenty CRM server.
