"""Words that are no names but tell of them: what begins a sentence, stands before a name, or ends one."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.casefold().split())


# Who speaks in a conversation without being a person of it.
ROLES = _words("user assistant human ai bot agent system claude chatgpt gpt gemini copilot")

# What stands before a colon, but says what follows instead of who speaks.
LABELS = _words(
    """
    blocker bullet caution cause cc command conclusion consequence convention definition deliverable dependency effect
    env excerpt fact fwd hint impact insight item keyword keywords learning location metric milestone mood motivation
    nota objective observation outcome output path permalink prerequisite pros cons prompt proposal quote rationale
    remark resolution retro risk root scenario severity sidenote snippet spec suggestion symptom syntax tag tags
    takeaway takeaways timestamp todo todos trigger url warning workaround
    """
)

# Capitalised in English, and never the name of somebody or something.
CALENDAR = _words(
    """
    Monday Tuesday Wednesday Thursday Friday Saturday Sunday Mondays Tuesdays Wednesdays Thursdays Fridays Saturdays
    Sundays January February March April May June July August September October November December Mon Tue Tues Wed Thu
    Thur Thurs Fri Sat Sun Jan Feb Mar Apr Jun Jul Aug Sep Sept Oct Nov Dec Christmas Easter Thanksgiving Halloween
    Hanukkah Ramadan Diwali Passover Valentine's Xmas
    """
)
NATIONALITIES = _words(
    """
    Afghan African Albanian American Americans Arab Arabic Argentinian Armenian Asian Australian Austrian Bavarian
    Belgian Bengali Brazilian Brit British Bulgarian Canadian Cantonese Caribbean Catalan Chilean Chinese Christian
    Christians Christianity Colombian Croatian Cuban Czech Danish Dutch Egyptian English Estonian European Europeans
    Filipino Finnish Flemish French Gaelic Georgian German Germanic Germans Greek Gujarati Hebrew Hindi Hindu Hinduism
    Hispanic Hungarian Icelandic Indian Indonesian Iranian Iraqi Irish Islam Islamic Israeli Italian Italians Jamaican
    Japanese Jew Jewish Judaism Kenyan Korean Kurdish Latin Latina Latino Latvian Lebanese Lithuanian Malay Malaysian
    Mandarin Mediterranean Mexican Mongolian Moroccan Muslim Muslims Nepali Nigerian Nordic Norwegian Pakistani
    Palestinian Persian Peruvian Polish Portuguese Punjabi Roman Romanian Russian Russians Scandinavian Scottish Serbian
    Slovak Slovenian Somali Spanish Swahili Swedish Swiss Syrian Tamil Telugu Thai Tibetan Turkish Ukrainian Urdu
    Venezuelan Victorian Vietnamese Welsh Western Yiddish Buddhist Buddhism Catholic Protestant Orthodox Bible
    """
)

ORDINARY_WORDS = _words(
    """
    I I'm I've I'd I'll Im Ive a about above absolutely access account accounts action actions active activity actual
    actually add added address admin advice afraid after afternoon again against agenda agent ago agree agreed ah aha
    ahead all almost alone along already alright also alternative although always am amazing among an analysis and
    animals another answer answers any anybody anymore anyone anything anytime anyway anyways app apparently application
    apps architecture are area aren't around art article as ask asked asking assistant at attempt audio aunt author auto
    avoid aw awesome aww baby back backend background backup bad ball basically be beach beautiful because become been
    before begin behind being believe below benefits beside besides best better between beyond big bigger birthday bit
    black blog blue board book books both box boy brain branch brave break breakfast bright bring bro broken brother
    browser brown bruh btw buddy budget bug bugs build building built bummer business busy but buy by bye cake call
    called calls camping can can't cannot car card care career careful case cases cat cats caution center certainly
    chance change changed changes changing chapter charge chat cheap check checked checklist checks cheers child
    children choice choose city class classic clean clear clearly client close cloud code coffee cold collection color
    come comes coming comment comments commit commits common community company complete completely component concept
    config configuration confirmed congrats congratulations connect consider considering contact content context
    continue contract control cool copy correct cost costs could couldn't country couple course cover create created
    creating credit critical cross current currently custom customer customers cute cuz dad daily damn dance dancing
    dark data database date day days dead deadline dear debug decided decision decisions deep default definitely delete
    deleted deploy deployed deployment design despite detail details dev developer development device did didn't
    different dinner direct disable discussed do docs document documentation does doesn't dog dogs doing don't done dont
    doubt down draft dream dreams drive dude due during each earlier early easy eat edit education eight either else
    email empty enable end engineering enjoy enjoyed enough ensure entire environment equally error errors especially
    even evening event events eventually ever every everybody everyone everything everywhere exactly example examples
    excellent except excited exciting exercise existing expect expected experience explore export extra face fact facts
    fair fall false family fantastic far fast father favorite favourite feature features feedback feel feeling feels few
    fifth figure file files fill final finally find finding fine finish finished fire first five fix fixed fixes fixing
    flag focus follow followed following food fool for force forget form former forty forward found four fourth free
    fresh friend friends from front frontend full fun function funny further future gallery game games garden general
    generally get gets getting gift gig girl give given giving glad go goal goals god goes going gonna good goodbye
    goodnight gorgeous got gotta grandma grandpa granny great green group groups grow growing guess guide guy guys gym
    had hadn't haha hahaha half hand handle hang happened happy hard has hasn't hate have haven't having he he'd he'll
    he's head health hear heard heck hell hello help helped helping helps hence her here here's hers hey hi hidden high
    higher highly hike hiking him himself his history hiya hmm hobbies hobby hold holiday holidays home honestly hope
    hopefully hoping horse host hot hour hours house how how's however hug huge hugs human hundred hundreds hurry
    husband i'm idea ideas if image images imagine implement implemented implementation import important impressive in
    include included includes including incoming increase incredible incredibly indeed info information initial inside
    inspiring install installed instead interesting internal into introduction invite is isn't issue issues it it'd
    it'll it's item items its itself job jobs join just keep keeping kept key kid kids kind kinda kindly kitchen know
    known kudos lake large last lastly late lately later latest laugh lead leader leaders learn learned learning least
    leave left legal less lesson lessons let let's lets letter level library life light like likely limit line link
    links list listen literally little live living local location log logs lol long longer look looking looks lost lot
    lots love loved lovely loves low lower luck luckily lucky lunch machine made mail main maintain major make makes
    making mama man management manager many map market marketing master material matter maybe me meal mean meaning means
    meanwhile media meet meeting meetings member members memories memory men mention mentioned menu merge merged message
    messages met method middle might migrate migrated migration mindful mine minor minute minutes miss missed mission
    mobile model models modern mom moment moments money month monthly months more moreover morning most mostly mother
    mountain move moved movie movies moving mr mrs ms much mum music must my myself name named nah national nature near
    nearly need needed needs neither network never nevertheless new newest news next nice night nine no nobody none nope
    nor normal north not note notes nothing notice now nowhere number numbers of off offer office official often oh ok
    okay old older on once one ones online only oof ooh oops open opened opening operation option options or orange
    order original other others otherwise ouch our ours out outside over overall own owner page paid paint painting
    pants paper parent parents park part parts party pass past path pattern pay peace people per percent perfect
    performance perhaps period person personal personally phase phone photo photos pick picture pictures piece pink
    pipeline pizza place places plan plans plant plants play played player playing please plus point points policy pool
    poor popular positive possible possibly post posted potential power practice prefer preference preferences preferred
    prefers pretty previous previously price primary priority private pro probably problem problems process product
    production profile program progress project projects proper proud public pull purple purpose push put puts quality
    query question questions quick quickly quite random rather re read reading ready real really reason reasons recap
    recent recently recipe recommend recommended red reduce ref reference refactor regarding regardless rejected related
    relax release released remember reminder reminds remove removed repeat replace report reports request requests
    require required requirement requirements research reset resolved resource resources respect response rest result
    results return returned review reviewed reviews right road role room root rough route rule rules run running runs
    sad safe said same sample save saved saw say saying says scared scene schedule scheduled school scope screen search
    season second secondly secret section security see seeing seem seems seen self send sent separate series serious
    seriously server service services session sessions set sets setting settings setup seven several shall share shared
    she she'd she'll she's ship shipped shit shop short should shouldn't show showed shows sign simple simply since sir
    sis sister sit site six size skills sleep slow small smart smile snow so social soft software solution some somebody
    somehow someone something sometimes somewhere son song songs soon sooner sorry sort sound sounds source south space
    speak speaking special specific specifically sports spring stack staging standard standup star start started
    starting starts state stats status stay step steps still stop store stored stories story strange strategy street
    string strong structure stuff style subject success such suddenly suggest suggestion summary sun sunset super
    support supported supports supposedly sure surely surprise surprisingly sweet switch switched sync system systems
    table take takes taking talk talking task tasks tbh tea teach team teams tech technical tell ten term terms terrible
    test tested testing tests text than thank thankfully thanks that that'd that'll that's the theater their theirs them
    theme themselves then there there's therefore these they they'd they'll they're they've thing things think thinking
    third this those though thought thoughts thousand three through throughout thus ticket tickets til till time times
    tip tips title to today together told tomorrow tonight too took tool tools top topic total totally touch tough tour
    towards town track traffic training travel tree trip trips true trust truth try trying turn turned turns twelve
    twenty two type types typically ugh uh uh-huh uhh ultimately um umm uncle under understand understood unfortunately
    unit university unless unlike until up update updated updates upgrade upgraded upon us usage use used useful user
    users uses using usually vacation value values various version very via video videos view virtual visit voice
    volunteering vs wait waiting walk walking wanna want wanted wants war warm warning was wasn't watch watched watching
    water way ways we we'd we'll we're we've weather web website wedding week weekend weekly weeks weird welcome well
    went were weren't west what what'd what'll what's whatever when when's whenever where where's whereas wherever
    whether which while white who who's whoa whoever whole whom whose why why's wife wild will win window wins winter
    wish with within without woah woman women won won't wonder wonderful wondering woo woohoo word words work worked
    worker workflow working works workshop world worried worry worse worst worth would wouldn't wow write writing
    written wrong y'all ya yah yay yea yeah year yearly years yellow yep yes yesterday yet yikes yo you you'd you'll
    you're you've young your yours yourself yup zero zip fyi todo fixme asap imo imho aka nb ps tl;dr tldr omg lmao rofl
    idk tba tbd eta faq rip diy pm am est pst cet utc gmt http https sdk pdf ttl brb smh thx pls plz ttyl tgif wtf gb mb
    kb px km kg mph rpm ft tv dj mvp deal truly wrapped hire ping email tell invite sell order forward cancel renew
    refund ship publish announce assign delegate escalate notify phone text dial drop sign file archive rename bump pin
    lock unlock mute block approve reject rerun restart reboot resume pause skip retry revert rollback rotate revoke
    grant flight chapter sprint figure gate row column line visiting seeing met discuss describe explain summarize
    summarise mind studied study
    """
)
PERSON_VERBS = _words(
    """
    admits agreed agrees asked asks believes bought called came confirmed decided drives enjoys explained explains feels
    felt finds gave goes got has hates hopes insisted invited joined keeps knows laughed leads likes lives loved loves
    makes mentioned met moved moves needs offered painted planned plans plays prefers promised recommended recommends
    remembers replied runs said says sent sings smiled sold starts studies suggested suggests teaches thinks thought
    told took visited wanted wants warned went works wrote
    """
)
# Said of people, hardly of things.
PERSON_AFTER = _words("admits agreed believes explained feels laughed mentioned replied said says smiled thinks told")
RELATIVES = _words(
    """
    aunt boss boyfriend brother buddy classmate coach colleague cousin coworker co-worker dad daughter doctor
    father fiance fiancé fiancée flatmate friend girlfriend grandfather grandmother grandma grandpa husband manager
    mentor mom mother mum neighbor neighbour nephew niece partner roommate sister son teacher teammate therapist uncle
    wife
    """
)
PERSON_BEFORE = RELATIVES | _words("met hey hi hello dear bye goodbye thanks congrats congratulations married hugged")
PERSON_NEAR = PERSON_BEFORE | _words("with called told asked by and love")
TITLES = _words(
    """
    mr mrs ms miss mx dr prof professor doctor sir madam mme herr frau señor señora king queen prince princess president
    senator pope
    """
)

PLACE_BEFORE = _words("in at to from near around outside inside across leaving visit visited visiting toward towards")
PLACE_OR_PERSON_BEFORE = _words("from to near around")
USE_BEFORE = _words(
    "in with using use uses used via learn learned learning prefer prefers write writes written into to"
)
PLACE_MOVES = {
    "in": _words(
        """
        live lives lived living born based located vacation holiday house apartment flat office offices conference
        meetup grew grown stay stayed staying
        """
    ),
    "to": _words(
        """
        go going went move moved moving relocate relocated relocating trip flight fly flew flying travel travels
        traveled travelled traveling travelling drive drove train ticket tickets
        """
    ),
    "from": _words("moved flew traveled travelled hails"),
    "near": _words("live lives lived living"),
}

ORGANIZATION_BEFORE = _words("at from by for with joined than on via")
ORGANIZATION_ENDINGS = _words(
    """
    Inc Incorporated Corp Corporation Ltd Limited LLC LLP PLC GmbH AG KG Company Co University Institute College Academy
    Bank Foundation Hospital Clinic Association Agency Airlines Airways Consulting Records Labs Laboratories Partners
    Technologies Solutions Industries Enterprises Holdings Ventures Capital Insurance Ministry Council Committee
    Commission Federation Union Alliance Society School Church Orchestra Publishing Press Stiftung Studios Motors
    Pharmaceuticals
    """
)
ORGANIZATION_HEADS = _words("University Institute Bank Ministry Department College School Academy Church")
PLACE_ENDINGS = _words(
    """
    Building Tower Street Avenue Ave Boulevard Blvd Road Lane Drive Square Plaza Park Airport Station Bay Beach Island
    Islands Lake River Mountain Mountains Canyon Valley Falls Forest Desert Harbor Harbour Bridge Castle Cathedral
    Palace County City Village Peninsula Coast Museum Zoo Gardens Garden Stadium Theatre Theater Hill Hills Heights
    Strasse Straße Creek Glacier Ocean Sea Monument Trail Cemetery Temple Terrace Pier Gallery
    """
)
PLACE_HEADS = _words("Museum Zoo Lake Mount Mt Fort San Santa Santo São Saint St Cape Gulf Isle Bay El Los Las")

ACRONYMS = _words(
    """
    ACL ADHD AES AGI AGPL ASCII BDD BERT BLE BM25 CBT CDN CI CMS CORS COVID CQRS CRDT CRM CRUD CSRF CSV CVE DDD DDOS
    DHCP DNS DRM DSL ECS EFS EKS ESG ETF ETL FTP FTS FTS5 GAN GDP GDPR GPL GPS GPU HIPAA HNSW IAM IDS IoT IPO IVF IVR
    JSON JVM JWT KPI LDAP LGBTQ LGBTQIA LGBT LLM LLMs LSTM LRU MCP MFA ML MMR MQTT MRI MVC MVP NDA NFC NFS NFT NGO NLP
    OAuth OAuth2 OCR OIDC OKR OKRs OLAP OOP ORM OTP PCI PII PKCE PTSD QUIC RAG RBAC RCA RDS REST RFC RFID RLHF RNN ROI
    RPC RRF RSS RSI RTC SaaS SAML SCIM SEO SLA SLO SMTP SOAP SOC2 SOP SPA SRE SSD SSE SSH SSL SSO STEM STI SVG TCP TDD
    TLS TPU UDP UTF-8 UUID UX VAT VPC VPN VPS WAF WAL WASM WCAG XML XSS YAML YOLO
    """
)

# Never part of a name, wherever they stand.
GLUE = _words(
    """
    I I'm I've I'd I'll a an the and or but nor so yet if then than that this these those my your his her its our their
    he she it we you they me him us them who what when where why how which in on at by for from with to as is are was be
    not no yes ok okay it's he's she's that's there here thanks thank hi hey hello wow lol btw omg image photo just only
    also too very all any some every each both more most other another such happy merry
    """
)
# Written small inside a name.
PARTICLES = _words("of de del della di da do dos das der den van von la le bin ibn al the for")
REPOSITORY_NEAR = _words("repo repository fork forked clone cloned github gitlab")
PROJECT_BEFORE = _words("project codename codenamed")
CALLED = _words("called named codenamed")
ANIMATE = RELATIVES | _words("baby boy cat dog girl guy kitten man pet puppy woman")
# After the name of a tool that is an ordinary word and begins a sentence.
TOOL_AFTER = _words(
    """
    account api app apps backend board can channel channels cli code component components crashes database deploy
    deployment deployments deploys extension frontend has hook hooks integration integrations is plugin runs sdk server
    service services supports uses version was webhook webhooks workspace
    """
)
