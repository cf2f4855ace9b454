// Name pools by region. `first` and `last` are combined; `whole` are names that cannot be split into first and last.
// Scripts other than Latin have a romanised form for e-mail addresses.

/** @type {(text: string) => string[]} */
const list = (text) => text.split(',').map((item) => item.trim());

/** @type {(text: string) => [string, string][]} */
const pairs = (text) =>
  list(text).map((item) => /** @type {[string, string]} */ (item.split('=').map((s) => s.trim())));

/**
 * @typedef {object} Locale
 * @property {number} weight
 * @property {string} country ISO 3166 code, picks phone numbers
 * @property {string[] | [string, string][]} first
 * @property {string[] | [string, string][]} last
 * @property {string[]} cities
 * @property {boolean} [lastFirst] written family name first
 * @property {string} [glue] between the two parts, a blank by default
 */

/** @type {Record<string, Locale>} */
export const locales = {
  de: {
    weight: 20,
    country: 'DE',
    first: list(
      'Jürgen, Anke, Björn, Käthe, Sören, Jörg, Heike, Maximilian, Lena, Günther, Anne-Marie, Friederike, Matthias, Zoë, Karl-Heinz, Ulrike, Tobias, Mia, Götz, Franziska, Nils, Hannelore, Jan Philipp, Emma, Lars',
    ),
    last: list(
      'Müller, Schäfer, Weiß, Köhler, Schröder, Groß, Krüger, Böhm, Vögele, Straßburger, Meyer-Landrut, von Bülow, von der Heide, zu Hohenfels, Lindemann, Kranich, Oberhuber, Özdemir, Petersen, Wagenknecht, vom Stein, Jahnke, Hölzl, Freiherr von Rabenau, Brandt',
    ),
    cities: list(
      'Berlin, München, Köln, Düsseldorf, Görlitz, Lübeck, Halle (Saale), Frankfurt am Main',
    ),
  },
  fr: {
    weight: 12,
    country: 'FR',
    first: list(
      'François, Élodie, Hélène, Jean-Baptiste, Zoé, Anaïs, Loïc, Gaëlle, Maëlys, Théo, Noémie, Cédric, Bénédicte, Océane, Aurélien, Marie-Ève, Raphaël, Inès, Étienne, Clémence',
    ),
    last: list(
      "Lefèvre, Dubois, de La Fontaine, d'Artagnan, Béranger, Le Goff, Château, Delacroix, du Plessis, Guérin, Lemaître, Bœuf, L'Hôpital, Côté, Desjardins, de Saint-Exil, Nuñez-Faure, Perrault, Vallée, Noël",
    ),
    cities: list("Paris, Lyon, Besançon, Nîmes, Saint-Étienne, L'Haÿ-les-Roses, Angoulême"),
  },
  us: {
    weight: 16,
    country: 'US',
    first: list(
      'Olivia, Liam, Emma, Noah, Ava, Ethan, Sophia, Mason, Isabella, Jayden, Mia, Lucas, Harper, Mary Jo, Billy Ray, DeShawn, Latoya, Kaiʻulani, Zachary, Grace, J. P., Sam, Alexandra, Wyatt, Chloe',
    ),
    last: list(
      "Smith, Johnson, Williams, McAllister, O'Donnell, Van Buren, St. James, Garcia, Nguyen, DeLuca, Washington Jr., Kahananui, Fitzgerald, Robinson III, Lee, Parker-Bowen, Hernández, MacGregor, Kowalski, D’Angelo, Brown, Taylor, Young, King, Lopez",
    ),
    cities: list('New York, San José, Austin, Winston-Salem, Coeur d’Alene, Los Angeles, Portland'),
  },
  gb: {
    weight: 9,
    country: 'GB',
    first: list(
      'Siân, Oliver, Amelia, Rhys, Niamh, Alasdair, Poppy, Harriet, Gethin, Isla, Freya, Callum, Imogen, Tarquin, Priya, Mohammed, Eleanor, Angus, Dafydd, Beatrix',
    ),
    last: list(
      "Jones, ap Rhys, Featherstonehaugh, O'Brien, MacDonald, Llewellyn, Ní Bhriain, Smythe-Jones, Patel, Okonkwo, Fforde, Hughes, Ó Súilleabháin, Cholmondeley, Begum, Wright, de Courcy, Baker, Ffoulkes, Singh",
    ),
    cities: list('London, Manchester, Birmingham, Edinburgh, Llanfairpwll, Stoke-on-Trent'),
  },
  nl: {
    weight: 7,
    country: 'NL',
    first: list(
      'Sanne, Daan, Femke, Joost, Maartje, Bram, Lotte, Sjoerd, Anouk, Thijs, Renée, Pieter-Jan',
    ),
    last: list(
      "van der Berg, de Vries, van 't Hof, ten Brink, van den Heuvel, 't Hart, de Jong, IJzerman, op den Akker, van Rijn, ter Horst, Visser",
    ),
    cities: list("Amsterdam, 's-Hertogenbosch, Den Haag, IJmuiden, Utrecht"),
  },
  es: {
    weight: 7,
    country: 'ES',
    first: list(
      'José, María, Íñigo, Begoña, Ángel, Lucía, Nuria, Jesús, Ana María, Óscar, Belén, Martín',
    ),
    last: list(
      'García Molina, Fernández de la Vega, Núñez, Ibáñez, de la Cruz, Muñoz, Peña y Lillo, del Río, Ortega, López-Íñiguez, Sáenz de Santamaría, Castaño',
    ),
    cities: list('Madrid, A Coruña, Cádiz, León, Donostia / San Sebastián'),
  },
  pt: {
    weight: 5,
    country: 'BR',
    first: list('João, Antônia, Luís, Conceição, Tiago, Mônica, Caetano, Inês, Otávio, Luíza'),
    last: list(
      'da Silva, dos Santos, Gonçalves, de Araújo, Magalhães, e Souza, Simões, das Neves, Brandão, Ribeiro',
    ),
    cities: list('São Paulo, Brasília, Goiânia, Lisboa, Florianópolis'),
  },
  it: {
    weight: 5,
    country: 'IT',
    first: list('Niccolò, Giulia, Matteo, Chiara, Lorenzo, Zoe, Andrea, Beatrice, Salvatore, Noè'),
    last: list(
      "D'Amico, De Luca, Di Stefano, Dell'Acqua, Lo Presti, Rossi, Della Valle, Cantù, Bianchi, Nicolò",
    ),
    cities: list("Roma, L'Aquila, Forlì, Milano, Reggio nell'Emilia"),
  },
  pl: {
    weight: 4,
    country: 'PL',
    first: list('Łukasz, Małgorzata, Żaneta, Stanisław, Agnieszka, Paweł, Zofia, Grzegorz'),
    last: list(
      'Wójcik, Kowalczyk, Dąbrowska, Szczęsny, Żółkiewski, Wiśniewska, Błaszczykowski, Źrebiec',
    ),
    cities: list('Łódź, Kraków, Wrocław, Gdańsk'),
  },
  nordic: {
    weight: 4,
    country: 'SE',
    first: list('Åsa, Øyvind, Bjørn, Þóra, Saara, Jökull, Märta, Søren, Aino, Håkon'),
    last: list(
      'Ångström, Ødegård, Jónsdóttir, Mäkinen, af Klint, Sjögren, Nørregaard, von Essen, Bergström, Hämäläinen',
    ),
    cities: list('Malmö, Århus, Reykjavík, Tromsø, Jyväskylä'),
  },
  tr: {
    weight: 3,
    country: 'TR',
    first: list('Ayşe, Çağlar, İbrahim, Gülşen, Ümit, Işıl, Oğuz, Şule'),
    last: list('Yılmaz, Çelik, Öztürk, Şahin, Güneş, Kılıç, Aydoğan, İnönü'),
    cities: list('İstanbul, İzmir, Eskişehir, Muğla'),
  },
  cz: {
    weight: 3,
    country: 'CZ',
    first: list('Jiří, Božena, Ondřej, Žofie, Šimon, Kateřina, Václav, Ľudmila'),
    last: list('Dvořák, Nováková, Říha, Černý, Šťastná, Hřebíček, Ďurčo, Ťažký'),
    cities: list('Praha, Plzeň, České Budějovice, Žilina'),
  },
  arLatin: {
    weight: 4,
    country: 'AE',
    first: list('Omar, Fatima, Khalid, Aisha, Yusuf, Layla, Abdul Rahman, Noor, Hamad, Maryam'),
    last: list(
      'bin Rashid, al-Farsi, bint Saeed, Al Mansouri, ibn Battuta, El-Sayed, Abu Bakr, al Zahra, Haddad',
    ),
    cities: list('Dubai, Abu Dhabi, Amman, al-Ain'),
  },
  vi: {
    weight: 2,
    country: 'VN',
    first: list('Thị Hồng, Văn Đức, Minh Châu, Quốc Bảo, Ánh Tuyết'),
    last: list('Nguyễn, Trần, Phạm, Đặng, Vũ'),
    cities: list('Hà Nội, Đà Nẵng, Cần Thơ'),
    lastFirst: true,
  },
  ru: {
    weight: 3,
    country: 'RU',
    first: pairs(
      'Алексей=alexey, Мария=maria, Фёдор=fyodor, Ольга=olga, Дмитрий=dmitry, Наталья=natalya',
    ),
    last: pairs(
      'Иванов=ivanov, Щербакова=shcherbakova, Ёлкин=yolkin, Заречный=zarechny, Жукова=zhukova, Цой=tsoy',
    ),
    cities: list('Москва, Санкт-Петербург, Орёл'),
  },
  uk: {
    weight: 2,
    country: 'UA',
    first: pairs('Олена=olena, Тарас=taras, Їжак=yizhak, Соломія=solomiia'),
    last: pairs("Шевченко=shevchenko, Мар'яненко=marianenko, Ґудзь=gudz, Кравчук=kravchuk"),
    cities: list('Київ, Львів, Запоріжжя'),
  },
  el: {
    weight: 2,
    country: 'GR',
    first: pairs('Γιώργος=giorgos, Ελένη=eleni, Νίκος=nikos, Αικατερίνη=aikaterini'),
    last: pairs(
      'Παπαδόπουλος=papadopoulos, Ιωαννίδου=ioannidou, Γκίκας=gkikas, Κωνσταντίνου=konstantinou',
    ),
    cities: list('Αθήνα, Θεσσαλονίκη, Πάτρα'),
  },
  ar: {
    weight: 3,
    country: 'SA',
    first: pairs('محمد=mohammed, فاطمة=fatima, عبد الله=abdullah, نورة=noura, خالد=khalid'),
    last: pairs(
      'العتيبي=alotaibi, بن سلمان=binsalman, القحطاني=alqahtani, الشمري=alshammari, حداد=haddad',
    ),
    cities: list('الرياض, جدة, القاهرة'),
  },
  he: {
    weight: 2,
    country: 'IL',
    first: pairs('דוד=david, נועה=noa, יעל=yael, אורי=uri'),
    last: pairs('כהן=cohen, בן־דוד=bendavid, לוי=levi, מזרחי=mizrahi'),
    cities: list('תל אביב, חיפה, ירושלים'),
  },
  ja: {
    weight: 3,
    country: 'JP',
    first: pairs('太郎=taro, 花子=hanako, 健一=kenichi, さくら=sakura, 蓮=ren'),
    last: pairs('山田=yamada, 佐藤=sato, 髙橋=takahashi, 渡邊=watanabe, 小鳥遊=takanashi'),
    cities: list('東京都, 大阪市, 京都市'),
    lastFirst: true,
  },
  zh: {
    weight: 3,
    country: 'CN',
    first: pairs('伟=wei, 秀英=xiuying, 娜=na, 小龙=xiaolong, 思远=siyuan'),
    last: pairs('王=wang, 李=li, 欧阳=ouyang, 张=zhang, 诸葛=zhuge'),
    cities: list('北京, 上海, 臺北'),
    lastFirst: true,
    glue: '',
  },
  ko: {
    weight: 2,
    country: 'KR',
    first: pairs('민준=minjun, 서연=seoyeon, 지우=jiwoo, 하늘=haneul'),
    last: pairs('김=kim, 이=lee, 박=park, 남궁=namgung'),
    cities: list('서울, 부산'),
    lastFirst: true,
    glue: '',
  },
  hi: {
    weight: 2,
    country: 'IN',
    first: pairs('आरव=aarav, प्रिया=priya, राहुल=rahul, अनन्या=ananya'),
    last: pairs('शर्मा=sharma, कुमार=kumar, पटेल=patel, अय्यर=iyer'),
    cities: list('मुंबई, नई दिल्ली, Bengaluru'),
  },
};

/** Names that are one word, have unusual parts, or are not names at all. */
export const wholeNames = [
  ['Orla', 'orla'],
  ['Zé', 'ze'],
  ['Bryndís', 'bryndis'],
  ['Kestrel', 'kestrel'],
  ['Marquinha', 'marquinha'],
  ['Widodari', 'widodari'],
  ['无名', 'wuming'],
  ['Luna 🎤', 'luna'],
  ['Dr. Dr. h.c. Ada von und zu Lichtenfels', 'ada.lichtenfels'],
  ['Prof. Günter Maria de la Torre y Vega', 'g.delatorre'],
  ['DJ Müll 🎧', 'dj.muell'],
  ['info', 'info'],
  ['Null', 'null'],
  ['A Æ B-9', 'a.ae.b9'],
  ['Donaudampfschifffahrtskapitän', 'kapitaen'],
  ['Test Test', 'test.test'],
  ['O', 'o'],
  ['Ng', 'ng'],
];
