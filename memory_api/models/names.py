"""Names that are known as such: a selection of this project's own, far from complete.

Single words are kept in lower case. A name that is an ordinary word as well ("Mark", "Reading", "Target") stands in
the list of doubtful ones of its kind, and counts only where the sentence says more.
"""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.casefold().split())


def _phrases(text: str) -> dict[str, str]:
    """Spelling by folded form; the names are set apart by commas."""
    return {name.casefold(): name for name in map(str.strip, " ".join(text.split()).split(","))}


GIVEN_NAMES = _words(
    """
    Aarav Aaron Abby Abdul Abdullah Abigail Adaeze Adam Adel Adele Adrian Adriana Agnes Ágnes Agnieszka Ahmad Ahmed
    Ahmet Aidan Aino Aisha Akira Akua Alan Alana Albert Alberto Alejandra Alejandro Aleksandr Alessandro Alex Alexander
    Alexandra Alexandre Alexei Alexis Alfonso Alfred Alfredo Ali Alice Alicia Alina Alison Alistair Allan Allison Alyssa
    Ama Amanda Amara Amelia Amelie Amir Amit Amy Ana Anastasia Anders Andre Andrea Andreas Andreea Andrei Andrés Andrew
    Andy Angela Angelina Angelo Angus Anil Anita Anja Anjali Ann Anna Annabelle Anne Annette Annie Anthony Antje Antoine
    Anton Antonia Antonio Anya Archie Ariana Arjun Arnold Arthur Arturo Arun Ashley Astrid Audrey Ava Axel Ayesha Ayşe
    Bailey Barack Barbara Barry Bea Beatrice Beatriz Becky Ben Benedict Benjamin Bernard Bernd Bernhard Bert Beth
    Bethany Betty Bianca Billy Björk Bjorn Björn Bob Bobby Bogdan Boris Brad Bradley Brandon Brenda Brendan Brian
    Brianna Bridget Bruce Bruno Bryan Caitlin Calvin Camila Camille Carina Carla Carlo Carlos Carmen Caro Carol Caroline
    Carolyn Carrie Catalina Caterina Catherine Cathy Cecilia Cedric Celia Celine Cesar Chad Charles Charlie Chinedu
    Chloe Chloé Chris Christa Christiane Christina Christine Christoph Christophe Christopher Ciara Cindy Claire Clara
    Clarence Clarissa Claudia Claudio Clemens Clement Clive Clyde Colin Colleen Connie Connor Conor Constance Cornelia
    Cory Courtney Craig Cristian Cristina Curtis Cynthia Cyril Daisuke Dalia Damian Damien Dan Dana Daniel Daniela
    Daniele Danielle Danny Daphne Darius Darren Dave David Davide Debbie Deborah Deepak Deirdre Denis Denise Dennis
    Derek Diana Diane Diego Dieter Dimitri Dirk Divya Dmitri Dmitry Dolores Dominic Dominik Dominique Donald Donna Doris
    Dorothy Doug Douglas Dragan Duncan Dustin Dylan Eamon Ed Eddie Edgar Edith Edmund Eduard Eduardo Edward Edwin Eero
    Eileen Ekaterina Elaine Eleanor Elena Eleni Eli Elias Elif Elijah Elisa Elisabeth Elise Eliza Elizabeth Ella Ellen
    Ellie Elliot Elliott Elon Elsa Emil Emilia Emily Emma Emmanuel Emre Enrique Eric Erica Erich Erik Erika Erin Ernesto
    Ernst Esteban Estelle Esther Ethan Eugene Eva Evan Evelyn Ewa Ezra Fabian Fabio Farah Farid Fatima Federico Felipe
    Felix Ferdinand Fernanda Fernando Filip Fiona Florian Frances Francesca Francesco Francine Francisco Franck Francois
    François Franz Fred Freddie Frederick Freya Friedrich Fritz Gabriel Gabriela Gabriele Gabriella Gareth Gary Gavin
    Geeta Gemma Genevieve Geoff Geoffrey George Georgina Gerald Gerard Gerd Gerhard Gheorghe Giancarlo Gianni Gilbert
    Gina Giorgio Giovanna Giovanni Gisela Giulia Giuseppe Gloria Goran Gordon Graham Greg Gregor Gregory Greta Guido
    Guillaume Guillermo Gunnar Gunther Gustav Gustavo Gwen Hamza Hana Hanna Hannah Hannes Hans Harold Harriet Harry
    Haruto Hassan Hector Heidi Heike Heinrich Heinz Helen Helena Helene Helga Henri Henrik Henry Herbert Herman Hermann
    Hilary Hilda Hiro Hiroshi Holger Horst Howard Hubert Hugh Hugo Hussein Hyun Ian Ibrahim Ida Igor Ilse Ilya Imran
    Ines Inga Inge Ingrid Ioana Irene Irina Isaac Isabel Isabella Isabelle Ishaan Isla Ismail Istvan István Ivan Ivana
    Ivanka Ivo Jack Jackie Jacob Jacqueline Jacques Jaime Jake Jakob Jakub James Jamie Jana Jane Janet Janice Janina
    Jared Jasmin Jasmine Jason Javier Jean Jeanette Jeanne Jeff Jeffrey Jelena Jen Jenna Jennifer Jenny Jeremy Jerome
    Jerry Jesse Jessica Jessie Jill Jim Jimmy Jing Jiri Jiří Jisoo Jo Joan Joanna Joanne Joao João Joaquin Jochen Jodie
    Joe Joel Johan Johann Johanna Johannes John Johnny Jon Jonah Jonas Jonathan Jonny Jörg Jorge Jose José Josef Joseph
    Josephine Josh Joshua Josie Joyce Juan Juana Juanita Judith Judy Jules Julia Julian Juliana Julie Julien Juliet
    Julio Julius Jürgen Justin Justyna Kai Kaja Karen Karim Karima Karin Karina Karl Karla Karolina Kasia Katalin Kate
    Katherine Kathleen Kathrin Kathryn Kathy Katie Katja Katrin Katrina Katya Kavita Kayla Keiko Keith Kelly Kelsey Ken
    Kenji Kenneth Kerstin Kevin Khaled Kim Kiran Kirsten Klaus Kofi Kristen Kristian Kristin Kristina Krzysztof Kumar
    Kurt Kwame Kyle Lakshmi Lalit Larry Lars Laszlo Laura Lauren Laurence Laurent Laurie Layla Lea Leah Leila Lena Leo
    Leon Leonard Leonardo Leonie Leonor Leroy Leslie Leticia Levent Lewis Leyla Liam Lidia Linda Lindsay Linh Linus
    Lionel Lisa Livia Liz Lloyd Logan Lorena Lorenzo Loretta Lotte Lou Louis Louisa Louise Luca Lucas Lucia Lucie Łucja
    Lucy Ludwig Luigi Luis Luisa Luka Lukas Łukasz Luke Luna Lydia Lynn Mabel Maciej Maddie Madeleine Magda Magdalena
    Magnus Mahmoud Malcolm Manfred Manuel Manuela Marc Marcel Marcia Marcin Marco Marcos Marcus Marek Margaret Margarita
    Maria María Mariam Marian Marie Mario Marion Marisa Marius Marjorie Markus Marta Martha Martin Martina Marvin
    Mary Maryam Mateo Mathias Mathieu Mathilde Matilda Matt Matteo Matthew Matthias Matti Maureen Maurice Mauricio Maxim
    Maxime Maximilian Maxine Maya Meera Megan Mehmet Mei Mei-Ling Mel Melanie Melissa Melvin Meredith Mia Micah Michael
    Michaela Michal Michel Michele Michelle Miguel Mihai Mika Mike Mikhail Mila Milena Millie Milo Milos Miloš Ming Minh
    Minji Mira Miranda Miriam Mitchell Mohamad Mohamed Mohammad Mohammed Moira Molly Mona Monica Monika Monique Morgan
    Moritz Moses Muhammad Murat Mustafa Myra Nadia Nadine Nancy Naoko Naomi Natalia Natalie Natasha Nate Nathan
    Nathaniel Neha Neil Nelson Nenad Ngozi Nguyen Nia Niamh Nicholas Nick Nicola Nicolas Nicole Niels Nigel Nikhil
    Niklas Nikolai Nikos Nils Nina Nisha Noah Noel Noor Nora Norbert Norma Norman Nour Nuria Odette Olaf Ole Oleg Olga
    Oliver Olivia Olivier Omar Ondřej Oscar Oskar Otto Owen Pablo Pamela Paola Paolo Pascal Patricia Patricio Patrick
    Patrizia Paul Paula Paulina Paulo Pavel Pedro Peggy Pekka Penelope Perry Petar Pete Peter Petra Phil Philip Philipp
    Philippa Philippe Phillip Phoebe Pia Pierre Pilar Piotr Pooja Priya Quentin Rachel Radu Rafael Rahul Raj Rajesh Ralf
    Ralph Ramesh Ramon Randy Rania Raphael Raquel Rashid Raul Ravi Ravindra Raymond Rebecca Reiner Reinhard Renata
    Renate Rene René Rhys Ricardo Riccardo Richard Rick Ricky Rita Rob Robert Roberta Roberto Rodney Rodrigo Roger Rohan
    Roland Rolf Romain Ron Ronald Ronan Ronnie Rory Rosa Rosalie Rosie Roxanne Roy Ruben Rudolf Rudy Rui Rupert Russell
    Ruth Ryan Sabine Sabrina Sakura Sally Salma Sam Samantha Samir Samira Samuel Sandeep Sandra Sandro Sanjay Sanna Sara
    Sarah Sascha Sasha Saskia Satoshi Scarlett Sean Sebastian Selena Selma Seo-yeon Serena Serge Sergei Sergey Sergio
    Seth Shannon Sharon Shaun Shawn Sheila Shelly Sherry Shia Shirley Sid Sigrid Silke Silvia Simon Simona Simone Sina
    Siobhan Sipho Snežana Sofie Soledad Solveig Sonia Sonja Sophia Sophie Soren Søren Stacey Stacy Stan Stanislav
    Stanley Stefan Stefania Stefanie Stella Stephan Stephanie Stephen Steve Steven Stewart Stuart Sunil Sunita Suresh
    Susan Susanna Susanne Susi Susie Suzanne Sven Svetlana Sylvia Sylvie Takashi Tamara Tanja Tanya Tara Tariq Tasha
    Tatiana Taylor Ted Terence Teresa Terry Tess Tessa Thabo Thea Theo Theodore Theresa Thi Thierry Thomas Thorsten
    Thyra Tiffany Tilly Tim Timo Timothy Tina Tobias Todd Tom Tomas Tomáš Tomasz Tommy Toni Tony Torsten Tracy Travis
    Trevor Tristan Tyler Ulrich Ulrike Ursula Usha Uwe Valentina Valeria Valerie Vanessa Vanya Vera Verena Veronica
    Vicky Victor Vijay Vikram Viktor Viktoria Vincent Vincenzo Viola Vivian Vivienne Vlad Vladimir Volker Walter Wanda
    Wanjiru Wayne Wei Wendy Werner Wilhelm Willem William Wolf Wolfgang Xavier Xin Yan Yana Yannick Yasmin Yoko Yolanda
    Yosef Youssef Yuki Yuri Yusuf Yves Yvette Yvonne Zachary Zainab Zara Zeynep Zoe Zoë Zoey Zofia Zoltán Zoran Zsolt
    Zuzana Анна Мария Ольга Елена Наталья Татьяна Ирина Светлана Екатерина Дмитрий Сергей Алексей Александр Андрей Иван
    Михаил Николай Владимир Павел Юлия Олег Игорь Максим Юрий Γιώργος Μαρία Νίκος Ελένη Δημήτρης Κώστας
    """
)

DOUBTFUL_NAMES = _words(
    """
    Amber April August Austin Bill Blake Brooke Cameron Carter Cassandra Charlotte Chase Chelsea Christian Cole Daisy
    Dale Dallas Dawn Dean Dick Don Drew Earl Faith Fay Fern Finn Flora Florence Frank Gene Georgia Ginger Glenn Grace
    Grant Gus Harper Hazel Heather Holly Hope Hunter Iris Ivy Jackson Jade Jan Jay Jordan Joy Jude June Kay Laurel Lily
    Lincoln Madison Mae Marina Mark Mason Max May Mercedes Milan Miles Mina Nat Olive Orlando Paige Parker Pat Patty
    Penny Phoenix Poppy Ray Reed Regina Reid Rich Robin Roman Rose Rosemary Ruby Savannah Scott Sierra Sofia Sue Sydney
    Tatum Victoria Violet Virginia Wade Warren Will Wren
    """
)

_PLACES = _phrases(
    """
    Afghanistan, Albania, Algeria, Angola, Argentina, Armenia, Australia, Austria, Azerbaijan, Bahamas, Bahrain,
    Bangladesh, Barbados, Belarus, Belgium, Bolivia, Bosnia, Botswana, Brazil, Bulgaria, Cambodia, Cameroon, Canada,
    Chile, China, Colombia, Costa Rica, Croatia, Cuba, Cyprus, Czech Republic, Czechia, Denmark, Dominican Republic,
    Ecuador, Egypt, El Salvador, Estonia, Ethiopia, Fiji, Finland, France, Germany, Ghana, Greece, Greenland, Guatemala,
    Haiti, Honduras, Hungary, Iceland, India, Indonesia, Iran, Iraq, Ireland, Israel, Italy, Ivory Coast, Jamaica,
    Japan, Kazakhstan, Kenya, Kosovo, Kuwait, Laos, Latvia, Lebanon, Libya, Liechtenstein, Lithuania, Luxembourg,
    Madagascar, Malaysia, Maldives, Malta, Mauritius, Mexico, Moldova, Monaco, Mongolia, Montenegro, Morocco,
    Mozambique, Myanmar, Namibia, Nepal, Netherlands, New Zealand, Nicaragua, Nigeria, North Korea, North Macedonia,
    Norway, Oman, Pakistan, Palestine, Panama, Paraguay, Peru, Philippines, Poland, Portugal, Puerto Rico, Qatar,
    Romania, Russia, Rwanda, Saudi Arabia, Senegal, Serbia, Singapore, Slovakia, Slovenia, Somalia, South Africa, South
    Korea, Korea, Spain, Sri Lanka, Sudan, Sweden, Switzerland, Syria, Taiwan, Tanzania, Thailand, Tunisia, Uganda,
    Ukraine, United Arab Emirates, United Kingdom, United States, Uruguay, Uzbekistan, Venezuela, Vietnam, Yemen,
    Zambia, Zimbabwe, England, Scotland, Wales, Northern Ireland, Great Britain, Britain, Bavaria, Catalonia, Tuscany,
    Sicily, Sardinia, Provence, Normandy, Andalusia, Crete, Mallorca, Ibiza, Bali, Hawaii, Siberia, Tibet, Europe,
    Africa, Asia, Antarctica, North America, South America, Latin America, Middle East, Scandinavia, Balkans, Caribbean,
    Mediterranean, Alps, Himalayas, Andes, Rockies, Rocky Mountains, Sahara, Pacific Northwest, Alabama, Alaska,
    Arizona, Arkansas, California, Colorado, Connecticut, Delaware, Florida, Idaho, Illinois, Indiana, Iowa, Kansas,
    Kentucky, Louisiana, Maryland, Massachusetts, Michigan, Minnesota, Mississippi, Missouri, Montana, Nebraska, Nevada,
    New Hampshire, New Jersey, New Mexico, New York, New York City, North Carolina, North Dakota, Ohio, Oklahoma,
    Oregon, Pennsylvania, Rhode Island, South Carolina, South Dakota, Tennessee, Texas, Utah, Vermont, West Virginia,
    Wisconsin, Wyoming, British Columbia, Ontario, Quebec, Alberta, Nova Scotia, New South Wales, Queensland, Tasmania,
    Washington DC, Washington D.C, Cape Town, Abu Dhabi, Accra, Addis Ababa, Adelaide, Alexandria, Amsterdam, Ankara,
    Antwerp, Athens, Atlanta, Auckland, Baghdad, Baku, Baltimore, Bangalore, Bangkok, Barcelona, Basel, Beijing, Beirut,
    Belfast, Belgrade, Berlin, Bern, Birmingham, Bogotá, Bogota, Bologna, Bonn, Bordeaux, Boston, Bratislava, Bremen,
    Brisbane, Bristol, Brno, Bruges, Brussels, Bucharest, Budapest, Buenos Aires, Cairo, Calgary, Cambridge, Cancun,
    Caracas, Cardiff, Casablanca, Chennai, Chicago, Cincinnati, Cleveland, Cologne, Copenhagen, Córdoba, Dakar,
    Damascus, Delhi, New Delhi, Denver, Detroit, Dhaka, Dortmund, Dresden, Dubai, Dublin, Dubrovnik, Duisburg,
    Düsseldorf, Edinburgh, Edmonton, Eindhoven, Essen, Frankfurt, Freiburg, Gdansk, Gdańsk, Geneva, Genoa, Ghent,
    Glasgow, Gothenburg, Granada, Graz, Hamburg, Hanoi, Hanover, Hannover, Havana, Heidelberg, Helsinki, Hiroshima, Ho
    Chi Minh City, Hong Kong, Honolulu, Houston, Hyderabad, Indianapolis, Innsbruck, Istanbul, Jakarta, Jerusalem,
    Johannesburg, Kampala, Karachi, Karlsruhe, Kathmandu, Kiel, Kiev, Kyiv, Krakow, Kraków, Kuala Lumpur, Kyoto, Lagos,
    Lahore, Las Vegas, Lausanne, Leeds, Leicester, Leipzig, Lille, Lisbon, Liverpool, Ljubljana, London, Los Angeles,
    Lucerne, Lviv, Lyon, Madrid, Malmö, Manchester, Manhattan, Manila, Marrakech, Marseille, Medellín, Melbourne, Miami,
    Milan, Milwaukee, Minneapolis, Minsk, Montevideo, Montreal, Moscow, Mumbai, Munich, Nairobi, Nantes, Naples,
    Nashville, New Orleans, Newcastle, Nottingham, Nuremberg, Odessa, Osaka, Oslo, Ottawa, Oxford, Palermo, Palo Alto,
    Perth, Philadelphia, Pittsburgh, Portland, Porto, Prague, Quito, Reykjavik, Riga, Rio de Janeiro, Riyadh, Rome,
    Rotterdam, Sacramento, Salt Lake City, Salzburg, San Antonio, San Diego, San Francisco, San Jose, Santiago, Santa
    Monica, Santa Barbara, Santa Cruz, Santa Fe, St. Petersburg, St. Louis, São Paulo, Sao Paulo, Sarajevo, Seattle,
    Seoul, Seville, Shanghai, Sheffield, Shenzhen, Silicon Valley, Singapore, Skopje, Stockholm, Strasbourg, Stuttgart,
    Tallinn, Tampa, Tbilisi, Tehran, Tel Aviv, The Hague, Thessaloniki, Tokyo, Toronto, Toulouse, Trieste, Tunis, Turin,
    Utrecht, Valencia, Vancouver, Venice, Verona, Vilnius, Warsaw, Wellington, Wroclaw, Wrocław, Yokohama, Zagreb,
    Zurich, Zürich, Bay Area, Brooklyn, Harlem, Hollywood, Wall Street, Times Square, Niagara Falls, Grand Canyon,
    Yosemite, Yellowstone, USA, U.S, U.S.A, UK, U.K, UAE, NYC, Москва, Киев, Київ, Берлин, Санкт-Петербург, Россия,
    Украина, Αθήνα, Paris, Vienna
    """
)

DOUBTFUL_PLACES = _phrases(
    """
    Austin, Bath, Buffalo, Chad, Charlotte, Chelsea, Columbia, Cork, Dallas, Florence, Georgetown, Georgia, Guinea,
    Hamilton, Jackson, Jordan, Kingston, Lima, Lincoln, Lourdes, Madison, Maine, Mali, Marina, Nice, Orlando, Phoenix,
    Reading, Salem, Savannah, Sofia, Sydney, Troy, Turkey, US, Victoria, Virginia, Washington
    """
)

_ORGANIZATIONS = _phrases(
    """
    Google, Microsoft, Facebook, Netflix, OpenAI, Anthropic, DeepMind, Hugging Face, Nvidia, AMD, IBM, Cisco, Samsung,
    Sony, Nintendo, Siemens, Bosch, SAP, Toyota, Honda, Volkswagen, BMW, Mercedes-Benz, Audi, Porsche, Tesla, Boeing,
    Airbus, SpaceX, NASA, ESA, Nokia, Ericsson, Huawei, Xiaomi, Lenovo, Dell, Philips, Panasonic, Toshiba, Hitachi,
    Walmart, Costco, IKEA, Starbucks, McDonald's, Burger King, Coca-Cola, Pepsi, Nestlé, Nestle, Unilever, Procter &
    Gamble, Johnson & Johnson, Pfizer, Novartis, Bayer, BASF, AstraZeneca, Moderna, BioNTech, JPMorgan, Goldman Sachs,
    Morgan Stanley, Deutsche Bank, Barclays, HSBC, Citibank, Citigroup, Wells Fargo, BlackRock, PwC, KPMG, Deloitte,
    McKinsey, Accenture, Adidas, Nike, Gucci, Lufthansa, Ryanair, EasyJet, FedEx, DHL, Uber, Lyft, Airbnb, Spotify,
    PayPal, Salesforce, Adobe, LinkedIn, Pinterest, Snapchat, TikTok, Reddit, Wikipedia, Mozilla, Red Hat, VMware,
    Palantir, ByteDance, Alibaba, Tencent, Baidu, Foxconn, TSMC, Qualcomm, Broadcom, Logitech, Nikon, Disney, Pixar,
    Warner Bros, Marvel Studios, HBO, BBC, CNN, Reuters, Bloomberg, Forbes, The New York Times, New York Times,
    Washington Post, The Guardian, The Economist, Harvard, Stanford, Caltech, Yale, Princeton, Berkeley, UCLA, NYU, ETH
    Zurich, UNICEF, UNESCO, NATO, FBI, CIA, NSA, IRS, FDA, CDC, EPA, FIFA, UEFA, NBA, NFL, NHL, MLB, Red Cross,
    Greenpeace, Amnesty International, United Nations, European Union, European Commission, World Bank, European Central
    Bank, Federal Reserve, Supreme Court, White House, Real Madrid, Manchester United, Bayern Munich, LVMH, Y
    Combinator, a16z, Accel, Sequoia Capital, Tripadvisor, Booking.com, Apache Software Foundation, Linux Foundation,
    Free Software Foundation, EU, UN
    """
)

DOUBTFUL_ORGANIZATIONS = _phrases(
    "Amazon, MIT, Apple, Meta, Intel, Visa, Ford, Shell, Target, Gap, Twitter, Oracle, Canon, Puma"
)

# Written in any letters: nothing else is called so.
_PLAIN_TOOLS = _phrases(
    """
    PostgreSQL, MySQL, MariaDB, SQLite, MongoDB, DynamoDB, DuckDB, ClickHouse, CockroachDB, CouchDB, InfluxDB, Neo4j,
    FalkorDB, Qdrant, Weaviate, Milvus, pgvector, ChromaDB, Elasticsearch, OpenSearch, Memcached, Redis, RabbitMQ,
    ZeroMQ, BigQuery, Databricks, GraphQL, gRPC, WebSocket, WebAssembly, Kubernetes, Docker, Docker Compose,
    docker-compose, Podman, Terraform, Ansible, OpenTofu, Grafana, OpenTelemetry, Kibana, Logstash, Datadog, PagerDuty,
    GitHub, GitLab, Bitbucket, CircleCI, Codeberg, Gitea, npm, pnpm, Webpack, esbuild, Vite, Vitest, ESLint, TypeScript,
    JavaScript, CoffeeScript, Python3, CPython, PyPI, pytest, NumPy, SciPy, PyTorch, TensorFlow, scikit-learn,
    matplotlib, Jupyter, FastAPI, Django, asyncio, aiohttp, Pydantic, SQLAlchemy, Uvicorn, Gunicorn, Starlette, mypy,
    Kotlin, Golang, Haskell, Erlang, Clojure, OCaml, C++, C#, ASP.NET, Node.js, Next.js, Nuxt.js, Vue.js,
    React.js, D3.js, Three.js, Express.js, Nest.js, NestJS, jQuery, Laravel, Symfony, Nginx, Traefik, HAProxy, Linux,
    Ubuntu, Debian, Fedora Linux, Arch Linux, macOS, iOS, Android, iPhone, iPad, MacBook, Chromebook, VMware Fusion,
    Supabase, Firebase, Heroku, Netlify, Vercel, Fly.io, DigitalOcean, Cloudflare, Hetzner, AWS, GCP, EC2, AWS Lambda,
    ChatGPT, GPT-3, GPT-3.5, GPT-4, GPT-4o, GPT-5, LangChain, LlamaIndex, Ollama, llama.cpp, vLLM, DALL-E, Midjourney,
    AutoMem, OpenRouter, Langfuse, WordPress, Shopify, Squarespace, Webflow, Figma, Photoshop, Lightroom, InDesign,
    AutoCAD, SolidWorks, YouTube, WhatsApp, PowerPoint, OneDrive, OneNote, SharePoint, Dropbox, Evernote, Todoist,
    Trello, Jira, Zapier, Airtable, LaTeX, Vim, Neovim, Emacs, tmux, IntelliJ, PyCharm, WebStorm, Xcode, PlayStation,
    Xbox, Minecraft, FFmpeg, Wireshark, WireGuard, OpenSSL, OpenVPN, systemd, Homebrew, NixOS, Raspberry Pi,
    Arduino, Home Assistant, Pi-hole, Excalidraw, Instagram, Duolingo, Strava, Garmin Connect, HubSpot, Zendesk,
    QuickBooks, Mailchimp, SendGrid, Twilio, Keycloak, Auth0, Okta, Hadoop, PySpark, Unity3D, Auto-GPT, Tailwind CSS,
    TailwindCSS, SvelteKit, Deno, MLflow
    """
)

# Written with a capital, where a sentence need not begin with one.
_TOOLS = _phrases(
    """
    Python, Java, Rust, Ruby on Rails, Rails, Perl, Scala, Elixir, Lua, Fortran, COBOL, Matlab, MATLAB, SQL, PHP, HTML,
    CSS, Bash, PowerShell, Git, Angular, Vue, React, React Native, Flutter, Svelte, Tailwind, Bootstrap, Flask, Spring
    Boot, Kafka, Spark, Airflow, dbt, Snowflake, Consul, Vault, Helm, Argo CD, Jenkins, Travis CI, Sentry, Prometheus,
    New Relic, Splunk, Stripe, Plaid, Railway, Render, Notion, Obsidian, Slack, Discord, Telegram, Zoom, Skype, Asana,
    Linear, Confluence, Basecamp, Miro, Canva, Sketch, Blender, Premiere Pro, Final Cut, GarageBand, Ableton, Excel,
    Outlook, Gmail, Google Docs, Google Sheets, Google Drive, Google Calendar, Google Maps, Google Meet, Google
    Analytics, Google Cloud, Google Photos, Google Chrome, Google Colab, Azure, Microsoft Teams, Microsoft Word,
    Microsoft Office, Office 365, Visual Studio, Visual Studio Code, VS Code, VSCode, Sublime Text, Eclipse, Cursor,
    Windsurf, Copilot, GitHub Copilot, GitHub Actions, GitLab CI, Claude Code, Claude Desktop, Claude Opus, Claude
    Sonnet, Claude Haiku, Claude Max, Claude Pro, Claude API, Claude Team, Claude, Gemini, Mistral, Llama, Codex,
    Whisper, Stable Diffusion, Alexa, Siri, Chrome, Firefox, Safari, Windows, Kindle, Steam, Nintendo Switch, Unity,
    Unreal Engine, Godot, Unix, Nix, Cypress, Playwright, Selenium, Storybook, Prisma, Drizzle, Hasura, Kong, Istio,
    Envoy, Poetry, Celery, Pandas, Polars, Keras, Apple Watch, Apple Music, Apple Pay, Amazon Web Services,
    Amazon Prime, S3, Lambda, Fitbit, Goodreads
    """
)
_ALIASES = {
    "postgres": "PostgreSQL",
    "k8s": "Kubernetes",
    "vscode": "VS Code",
    "visual studio code": "VS Code",
    "golang": "Go",
    "nodejs": "Node.js",
    "nextjs": "Next.js",
    "vuejs": "Vue.js",
    "reactjs": "React",
    "python3": "Python",
    "matlab": "MATLAB",
    "mongo": "MongoDB",
    "gpt4": "GPT-4",
}

# Those of them that are ordinary words: at the start of a sentence the next word has to agree.
WORDLIKE_TOOLS = _words(
    """
    Airflow Angular Blender Bootstrap Celery Chrome Confluence Consul Copilot Cursor Drizzle Eclipse Envoy Excel Flask
    Flutter Gemini Helm Kindle Kong Lambda Linear Mistral Notion Obsidian Outlook Pandas Poetry Rails Railway React
    Render Rust Safari Sentry Sketch Slack Snowflake Spark Splunk Steam Stripe Unity Vault Whisper Windows Zoom
    """
)

# Ordinary words with a capital: meant only after "in", "using" and the like.
TOOLS_IN_USE = _phrases(
    "Go, Swift, Word, Teams, Signal, Express, Ruby, Julia, Dart, Bun, Jest, Make, Puppet, Chef, Cassandra"
)
TOOLS_AS_PEOPLE = frozenset({"Claude", "Alexa", "Siri"})

PLACE = "places"
ORGANIZATION = "organizations"
TOOL = "tools"

# Kind and spelling by folded form; what comes later wins.
KNOWN: dict[str, tuple[str, str]] = {
    **{key: (PLACE, name) for key, name in _PLACES.items()},
    **{key: (ORGANIZATION, name) for key, name in _ORGANIZATIONS.items()},
    **{key: (TOOL, name) for key, name in {**_PLAIN_TOOLS, **_TOOLS, **_ALIASES}.items()},
}
PLAIN_TOOLS = {**_PLAIN_TOOLS, **{alias: name for alias, name in _ALIASES.items() if " " not in alias}}
