//! The industries themselves: one row each with id, label and other names.
//!
//! Owns the closed list. Ids are stored and written in rules, so rows are added and never renamed
//! or removed. It must not know how names are matched; case, accents, punctuation, "and" and "the"
//! need no rows of their own.

macro_rules! industries {
    ($($name:ident $id:literal $label:literal [$($alias:literal),* $(,)?])*) => {
        /// What a company does, in a closed taxonomy. Serialised by [`id`](Industry::id).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Industry {
            $(#[doc = concat!($label, ".")] $name,)*
        }

        impl Industry {
            /// All industries in the order of the taxonomy: related ones beside each other.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The stable id in rules, filters and storages, such as `real_estate`.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self {
                    $(Self::$name => $id,)*
                }
            }

            /// The English label for people, such as `Real estate`.
            #[must_use]
            pub const fn label(self) -> &'static str {
                match self {
                    $(Self::$name => $label,)*
                }
            }

            /// Other names that mean this industry.
            pub(super) const fn aliases(self) -> &'static [&'static str] {
                match self {
                    $(Self::$name => &[$($alias),*],)*
                }
            }
        }
    };
}

industries! {
    Software "software" "Software" [
        "Computer Software", "Software Development", "Software Engineering", "Technology", "Tech",
        "High Tech", "Information Technology", "IT", "Enterprise Software", "Apps", "Mobile Apps",
        "Developer Tools", "Information Technology and Software", "Internet", "Internet services",
        "Online Services", "Technology, Information and Internet", "Internet Publishing", "Web",
        "Online", "Marketplace", "Online Marketplace", "Dotcom", "Digital",
    ]
    Saas "saas" "Software as a service" [
        "Cloud Software", "B2B SaaS", "Cloud Computing", "Cloud", "Cloud Services",
        "Platform as a Service", "PaaS",
    ]
    ItServices "it_services" "IT services" [
        "Information Technology Services", "IT Services and IT Consulting", "IT Consulting",
        "IT Support", "Managed Services", "Managed Service Provider", "MSP", "Systems Integration",
        "System Integrator", "Web Development", "Hosting", "Data Center", "Data Centre",
        "Outsourcing", "IT Outsourcing",
    ]
    Cybersecurity "cybersecurity" "Cybersecurity" [
        "Cyber Security", "Computer and Network Security", "Network Security",
        "Information Security", "InfoSec", "IT Security",
    ]
    ArtificialIntelligence "artificial_intelligence" "Artificial intelligence" [
        "AI", "AI/ML", "Machine Learning", "Data Science", "Big Data", "Data Analytics",
        "Analytics",
    ]
    Hardware "hardware" "Computer hardware" [
        "Computers", "Consumer Electronics", "Computer Networking", "Computer Networking Products",
        "Computers and Electronics Manufacturing", "IoT", "Internet of Things",
    ]
    Electronics "electronics" "Electronics and semiconductors" [
        "Electrical Equipment", "Electrical", "Electrical/Electronic Manufacturing",
        "Electronic Components", "Elektronik", "Instrumentation", "Semiconductors", "Semiconductor",
        "Microelectronics",
    ]
    Telecom "telecom" "Telecommunications" [
        "Telco", "Telecoms", "Telecommunication", "Wireless", "Mobile Operator", "ISP",
        "Internet Service Provider", "Telekommunikation", "Communications",
    ]
    Games "games" "Games" ["Gaming", "Video Games", "Computer Games", "Game Development", "Esports"]
    Ecommerce "ecommerce" "E-commerce" [
        "Online Retail", "Online Shop", "Online Store", "Internet Retail", "Web Shop", "E-tail",
        "D2C", "DTC", "Direct to Consumer", "Online Shopping", "Onlinehandel",
    ]
    Retail "retail" "Retail" [
        "Retail Trade", "Retailer", "Shop", "Stores", "Department Stores", "Supermarkets",
        "Grocery", "Brick and Mortar", "Einzelhandel", "Handel",
    ]
    Wholesale "wholesale" "Wholesale" [
        "Wholesale Trade", "Distribution", "Distributor", "Import Export",
        "International Trade and Development", "Trading", "Großhandel",
    ]
    ConsumerGoods "consumer_goods" "Consumer goods" [
        "CPG", "FMCG", "Consumer Packaged Goods", "Fast Moving Consumer Goods", "Consumer Products",
        "Household Goods", "Furniture", "Toys", "Sporting Goods", "Konsumgüter",
    ]
    Fashion "fashion" "Fashion and apparel" [
        "Apparel", "Clothing", "Textiles", "Textile", "Apparel and Fashion", "Footwear",
        "Luxury Goods", "Luxury Goods and Jewelry", "Jewelry", "Jewellery", "Mode",
    ]
    Beauty "beauty" "Beauty and wellness" [
        "Cosmetics", "Personal Care", "Wellness", "Wellness and Fitness", "Fitness",
        "Health and Beauty", "Health Wellness and Fitness", "Gym", "Spa",
    ]
    Food "food" "Food and beverage" [
        "Food and Beverages", "Food Production", "Food Processing", "Beverages", "Beverage",
        "Food and Drink", "Wine and Spirits", "Brewery", "Dairy", "F&B", "Lebensmittel",
    ]
    Hospitality "hospitality" "Hospitality and restaurants" [
        "Hotels", "Hotel", "Hotels and Motels", "Hospitality and Tourism", "Lodging",
        "Accommodation", "Resorts", "Restaurants", "Restaurants and catering", "Restaurant",
        "Catering", "Cafe", "Food Service", "Food Services", "Bars", "Gastronomy", "Gastronomie",
    ]
    Travel "travel" "Travel and tourism" [
        "Tourism", "Leisure Travel and Tourism", "Travel Agency", "Tour Operator", "Leisure",
        "Tourismus", "Cruise",
    ]
    RealEstate "real_estate" "Real estate" [
        "Realty", "Property", "Property Management", "Commercial Real Estate",
        "Residential Real Estate", "Real Estate Agency", "Realtor", "Estate Agent", "Estate Agents",
        "Immobilien", "Coworking",
    ]
    Construction "construction" "Construction" [
        "Building", "Building and Construction", "Civil Engineering", "Contractor",
        "General Contractor", "Building Materials", "Home Improvement", "Bau", "Bauwesen",
        "Baugewerbe", "Roofing", "Plumbing", "HVAC",
    ]
    Architecture "architecture" "Architecture and engineering" [
        "Architecture and planning", "Architects", "Urban Planning", "Interior Design",
        "Landscape Architecture", "Architektur", "Engineering", "Engineering Services",
        "Mechanical or Industrial Engineering", "Industrial Engineering", "Mechanical Engineering",
        "Industrial Design", "Ingenieurbüro",
    ]
    Manufacturing "manufacturing" "Manufacturing" [
        "Industrial Manufacturing", "Industrial", "Industrials", "Industry", "Factory", "Machinery",
        "Machinery Manufacturing", "Industrial Automation", "Automation", "Robotics", "Plastics",
        "Packaging", "Packaging and Containers", "Metals", "Steel", "Maschinenbau", "Produktion",
        "Fertigung",
    ]
    Chemicals "chemicals" "Chemicals" [
        "Chemical", "Chemical Manufacturing", "Petrochemicals", "Chemie",
    ]
    Automotive "automotive" "Automotive" [
        "Auto", "Automobile", "Automobiles", "Cars", "Car Dealer", "Car Dealership", "Auto Parts",
        "Motor Vehicles", "Motor Vehicle Manufacturing", "Electric Vehicles", "Automobil",
    ]
    Aerospace "aerospace" "Aerospace and defense" [
        "Aviation", "Aviation and Aerospace", "Defense", "Defence", "Defense and Space",
        "Aerospace and Defence", "Space", "Military", "Airlines", "Airline",
    ]
    Logistics "logistics" "Logistics and supply chain" [
        "Supply Chain", "Freight", "Shipping", "Warehousing", "Package/Freight Delivery",
        "Freight Forwarding", "Courier", "Delivery", "3PL", "Logistik", "Spedition",
    ]
    Transportation "transportation" "Transportation" [
        "Transport", "Transportation/Trucking/Railroad", "Trucking", "Rail", "Railroad", "Maritime",
        "Public Transport", "Transit", "Mobility", "Transportation and Logistics",
        "Transport and Logistics", "Logistics and Transportation",
    ]
    Energy "energy" "Energy and utilities" [
        "Renewable Energy", "Renewables", "Solar", "Solar Energy", "Wind Energy", "Clean Energy",
        "Cleantech", "Clean Tech", "Renewables and Environment", "Power Generation", "Electricity",
        "Nuclear", "Energie", "Utilities", "Utility", "Water", "Water Utility", "Electric Utility",
        "Gas Utility", "Stadtwerke",
    ]
    OilGas "oil_gas" "Oil and gas" ["Oil and Energy", "Petroleum", "Oil", "Gas"]
    Environment "environment" "Environment and waste" [
        "Environmental Services", "Waste Management", "Recycling", "Sustainability", "Climate",
        "Climate Tech", "Umwelt",
    ]
    Mining "mining" "Mining and metals" [
        "Metals and Mining", "Minerals", "Mining and Minerals", "Bergbau",
    ]
    Agriculture "agriculture" "Agriculture" [
        "Farming", "AgTech", "Agritech", "Agribusiness", "Agricultural", "Forestry", "Fishery",
        "Fishing", "Ranching", "Horticulture", "Landwirtschaft", "Paper and Forest Products",
    ]
    Finance "finance" "Financial services" [
        "Financial", "Financials", "Financial Service", "Investment Management", "Asset Management",
        "Wealth Management", "Capital Markets", "Investment", "Investments", "Finanzen",
        "Finanzdienstleistungen", "Credit", "Lending", "Mortgage", "BFSI", "Venture Capital",
        "Venture capital and private equity", "VC", "Private Equity", "PE", "Hedge Fund",
        "Hedge Funds",
    ]
    Banking "banking" "Banking" [
        "Bank", "Banks", "Commercial Banking", "Retail Banking", "Investment Banking",
        "Credit Union", "Credit Unions",
    ]
    Fintech "fintech" "Fintech" [
        "Financial Technology", "Payments", "Payment Processing", "Crypto", "Cryptocurrency",
        "Blockchain", "Insurtech", "Web3",
    ]
    Insurance "insurance" "Insurance" [
        "Insurance Agency", "Insurance Broker", "Insurer", "Reinsurance", "Versicherung",
        "Versicherungen",
    ]
    Accounting "accounting" "Accounting" [
        "Accountancy", "Accountants", "Bookkeeping", "Audit", "Auditing", "Tax", "Tax Advisory",
        "CPA", "Steuerberatung",
    ]
    Legal "legal" "Legal" [
        "Law", "Law Firm", "Law Practice", "Legal Services", "Lawyers", "Attorneys", "Solicitors",
        "Rechtsanwalt", "Notary", "Judiciary",
    ]
    Consulting "consulting" "Consulting" [
        "Management Consulting", "Business Consulting", "Consultancy", "Consultants", "Advisory",
        "Strategy Consulting", "Professional Services", "Business Services", "Professional Service",
        "Business Consulting and Services", "Beratung", "Unternehmensberatung",
    ]
    Agency "agency" "Marketing and advertising agency" [
        "Marketing", "Advertising", "Marketing and Advertising", "Advertising Services",
        "Marketing Agency", "Digital Agency", "Creative Agency", "Marketing Services",
        "Advertising Agency", "Public Relations", "PR", "Public Relations and Communications",
        "AdTech", "MarTech", "SEO", "Werbung", "Werbeagentur", "Branding",
    ]
    Staffing "staffing" "Staffing and recruiting" [
        "Recruiting", "Recruitment", "Human Resources", "HR", "Human Resources Services",
        "HR Services", "Executive Search", "Talent Acquisition", "Temp Agency",
        "Personaldienstleistung", "HR Tech",
    ]
    Education "education" "Education" [
        "Higher Education", "Higher Ed", "K12", "K 12", "Primary/Secondary Education",
        "Primary Education", "Secondary Education", "Schools", "School", "University",
        "Universities", "College", "Academia", "Academic", "Education Management", "Bildung",
    ]
    Elearning "elearning" "E-learning and training" [
        "EdTech", "Education Technology", "Online Learning", "Training", "Online Education",
        "Professional Training and Coaching", "Professional Training", "Coaching",
        "Corporate Training",
    ]
    Research "research" "Research" [
        "Research and Development", "R&D", "Research Services", "Science", "Laboratory",
        "Think Tank", "Think Tanks", "Forschung", "Market research", "Survey", "Surveys",
        "Marktforschung",
    ]
    Healthcare "healthcare" "Healthcare" [
        "Health Care", "Health", "Hospital", "Hospitals", "Hospital and Health Care",
        "Hospitals and Health Care", "Hospital Healthcare", "Medical Practice", "Medical",
        "Medicine", "Clinic", "Clinics", "Dental", "Dentist", "Mental Health Care", "Mental Health",
        "Nursing", "Elder Care", "Home Care", "Gesundheit", "Gesundheitswesen", "Digital Health",
        "HealthTech", "Alternative Medicine", "Veterinary", "Veterinary and pets", "Vet", "Pets",
        "Pet Care", "Animal Health", "Veterinarian",
    ]
    MedicalDevices "medical_devices" "Medical devices" [
        "Medical Device", "MedTech", "Medical Technology", "Medical Equipment", "Diagnostics",
        "Medizintechnik",
    ]
    Pharma "pharma" "Pharmaceuticals" [
        "Pharmaceutical", "Pharmaceutical Manufacturing", "Drugs", "Pharmacy", "Pharmacies",
    ]
    Biotech "biotech" "Biotechnology" [
        "Bio Technology", "Biotechnology Research", "Life Sciences", "Life Science", "Genomics",
    ]
    Media "media" "Media and publishing" [
        "Publishing", "Newspapers", "Broadcast Media", "Broadcasting", "Online Media",
        "Media Production", "News", "Radio", "Television", "TV", "Journalism", "Printing", "Verlag",
        "Medien", "Book Publishing", "Media and Communications",
    ]
    Entertainment "entertainment" "Entertainment, events and sports" [
        "Media and Entertainment", "Film", "Movies", "Motion Pictures and Film", "Music",
        "Performing Arts", "Arts and Entertainment", "Streaming", "Entertainment Providers",
        "Gambling", "Gambling and Casinos", "Sports", "Sports and recreation", "Sport",
        "Sports Teams and Clubs", "Recreation", "Recreational Facilities and Services",
        "Recreational Facilities", "Spectator Sports", "Events", "Events Services",
        "Event Services", "Event Management", "Conferences", "Trade Shows", "Event", "Weddings",
    ]
    ArtsDesign "arts_design" "Arts and design" [
        "Art", "Arts", "Arts and Crafts", "Fine Art", "Design", "Design Services", "Graphic Design",
        "Photography", "Museums", "Museums and Institutions", "Animation",
    ]
    FacilityServices "facility_services" "Facility and security services" [
        "Facilities Services", "Facility Management", "Facilities Management", "Cleaning",
        "Cleaning Services", "Janitorial", "Landscaping", "Gebäudereinigung", "Security",
        "Security services", "Security and Investigations", "Private Security", "Physical Security",
    ]
    ConsumerServices "consumer_services" "Consumer services" [
        "Personal Services", "Individual and Family Services", "Home Services", "Repair",
        "Services", "Child Care", "Childcare",
    ]
    Nonprofit "nonprofit" "Nonprofit" [
        "Non-profit", "Not for Profit", "Non-profit Organization", "Nonprofit Organization",
        "Nonprofit Organization Management", "Non-profit Organization Management",
        "Nonprofit Organizations", "Non-profit Organizations", "NGO", "NPO", "Charity", "Charities",
        "Foundation", "Philanthropy", "Civic and Social Organization", "Association",
        "Associations", "Verein", "Fundraising", "Religion", "Religious institutions", "Religious",
        "Church", "Churches", "Religious Institution", "Faith Based",
    ]
    Government "government" "Government and public sector" [
        "Public Sector", "Public Administration", "Government Administration", "Federal Government",
        "Local Government", "State Government", "Municipality", "GovTech", "Government Relations",
        "Public Policy", "Public Safety", "Law Enforcement", "Behörde", "Öffentlicher Dienst",
        "International Affairs", "Political Organization",
    ]
    Other "other" "Other" ["Miscellaneous", "Misc", "Conglomerate", "Diversified", "Sonstige"]
}
