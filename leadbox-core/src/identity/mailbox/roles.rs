//! Local parts that stand for a function rather than a person.
//!
//! Owns the list and nothing else: English first, then the commonest German, French, Spanish,
//! Italian, Portuguese and Polish ones. It must not know how it is searched, only that it is
//! sorted.

/// Sorted by bytes, lower-case, without `.`, `-` and `_`.
#[rustfmt::skip] // One entry a line would bury the list.
pub(super) static ROLES: [&str; 273] = [
    "abuse", "accounting", "accounts", "accountspayable", "accountsreceivable", "admin",
    "administration", "administrator", "ads", "advertising", "all", "allstaff", "announce",
    "announcements", "assistant", "bestellung", "bewerbung", "billing", "board", "booking",
    "bookings", "bounce", "bounces", "buchhaltung", "business", "campaigns", "career", "careers",
    "commercial", "commerciale", "communications", "compliance", "compras", "comptabilite",
    "contabilidad", "contact", "contacto", "contactus", "contato", "contatti", "customercare",
    "customerservice", "customersupport", "datenschutz", "datenschutzbeauftragter", "delivery",
    "demo", "dev", "developer", "developers", "devnull", "digital", "dispatch", "dns", "donotreply",
    "dpo", "ecommerce", "editor", "editorial", "email", "empfang", "enquiries", "enquiry",
    "estimating", "event", "events", "everyone", "facturacion", "facturation", "fattura", "fatture",
    "fax", "feedback", "finance", "financial", "frontdesk", "ftp", "gdpr", "general", "gerencia",
    "geschaeftsleitung", "group", "hallo", "hello", "help", "helpdesk", "hilfe", "hola",
    "hostmaster", "hotline", "hr", "hrd", "humanresources", "info", "informacion", "informatica",
    "information", "informations", "infos", "infoservice", "inoc", "inquiries", "inquiry",
    "investor", "investorrelations", "investors", "invoice", "invoices", "invoicing", "it",
    "itsupport", "job", "jobs", "karriere", "kontakt", "kundendienst", "kundenservice", "leads",
    "legal", "list", "listrequest", "logistics", "mail", "mailbox", "mailerdaemon", "mailing",
    "management", "manager", "marketing", "media", "meetings", "member", "members", "membership",
    "moderator", "news", "newsletter", "nobody", "noc", "noreplies", "noreply", "notification",
    "notifications", "offers", "office", "online", "operations", "order", "orderprocessing",
    "orders", "ordini", "owner", "partner", "partners", "partnership", "partnerships", "payment",
    "payments", "payroll", "personnel", "poczta", "post", "postbox", "postmaster", "pr", "prensa",
    "press", "presse", "pressoffice", "privacy", "procurement", "production", "project", "projects",
    "promo", "promotions", "publicity", "publicrelations", "purchase", "purchasing", "qa",
    "quality", "quote", "quotes", "recepcion", "reception", "rechnung", "rechnungen", "recruit",
    "recruiter", "recruiting", "recruitment", "recrutement", "registrar", "registration", "remove",
    "reply", "reporting", "reports", "request", "requests", "reservas", "reservation",
    "reservations", "resume", "returns", "revenue", "rfq", "rh", "root", "rrhh", "sale", "sales",
    "salesteam", "schedule", "scheduling", "secretariat", "secretary", "security", "segreteria",
    "sekretariat", "server", "service", "services", "shareholder", "shipping", "shop", "soporte",
    "spam", "staff", "store", "studio", "submissions", "subscribe", "subscriptions", "suggestions",
    "suporte", "support", "sysadmin", "system", "systems", "talent", "team", "tech", "technical",
    "technik", "techsupport", "test", "tickets", "training", "travel", "treasurer", "trouble",
    "unsubscribe", "usenet", "user", "users", "uucp", "vendas", "vendor", "vendors", "ventas",
    "verkauf", "vertrieb", "warehouse", "web", "webadmin", "webmaster", "website", "welcome",
    "willkommen", "www", "zentrale",
];
