"""Words that are no names though a writer may capitalise them: everyday English, and the trade's own vocabulary."""

from marketeer_dagster.quality.text import stem

_EVERYDAY = """
a able about above accept access account across act action active actual add address admin advance advice afford after
afternoon again against age ago agree ahead air all allow almost alone along already also alternative always am among
amount an and annual another answer any anybody anyone anything anytime anyway apart app apply approach approve are
area around arrive article as ask asset at attach attention audit author auto available average avoid aware away back
bad balance bank base basic basis be bear beat became because become been before began begin behind being believe
belong below benefit best better between big bill bit black block blog blue board book both bottom bought box brand
break brief bring broad broken brought brow budget build built bulk burn business busy but button buy buyer by
calendar call calm came can cancel cannot capital car card care careful carry case cash catch category cause central
certain chain chance change channel chapter charge chart chase chat cheap check checklist child choice choose city
claim class clean clear click client clock close closer cloud club coach code coffee cold collect come comfort comment
commit common community company compare complete computer concern condition confirm connect consider contact contain
content context continue contract control conversation convert cook copy core correct cost could count country couple
course cover create credit crew custom customer cut daily damage dark data date day deadline deal dear decide decision
deep default delay deliver demand depend design desk detail develop device did different difficult digital direct
discover discuss do doctor document does dog dollar done door double doubt down download draft draw dream dress drink
drive drop due during each early earn ease east easy eat edge edit education effect effort eight either else email
empty end energy engine enjoy enough ensure enter entire entry equal error especially even evening event ever every
everybody everyone everything everywhere exact example except exit expect expensive experience expert explain explore
export extra eye face fact fail fair fall family far fast favour favorite fear feature fee feed feel few field fifteen
fifty figure file fill final finally finance find fine finish first fit five fix flat flexible floor flow focus folder
follow food for forget form format forty forward found four free fresh friday friend from front full fun further
future gain game garden gave general get gift give glad go goal gone good got great green grew group grow growth guess
guide had half hand handle happen happy hard has have he head health hear heart heavy held hello help her here hey hi
hidden high hire his hold holiday home honest hope hospital hour house how however huge human hundred hurry hurt i
idea if image imagine impact import important improve in include income increase indeed industry inform inside instead
interest into introduce invest invite invoice is issue it item its itself job join journey just keep kept key kid kind
kitchen know knowledge label land language large last late launch law lay lead learn least leave left legal less
lesson let letter level life lift light like limit line link list listen little live local location lock log long
longer look lose loss lost lot love low lunch machine made mail main maintain major make man manage manager manual
many map mark market marketing master match matter may maybe me mean measure media meet member memo mention menu
message method middle might mind mine minute miss mistake mobile mode model modern moment money month more morning
most mother mouth move much music must my myself name near nearly need never new news next nice night nine no nobody
noise none noon nor normal north not note nothing notice now number of off offer office often old on once one online
only open operate opinion option or order ordinary organise other our out outcome outside over overview own owner pack
package page paid pain panel paper part partner party pass past pay payment people per perfect perhaps person phone
photo pick picture piece place plain plan plant platform play please plenty plus pocket point policy poor popular
position possible post power practice prefer prepare present press pretty prevent price private pro problem process
product professional profile profit programme program progress project promise proof proper protect prove provide
public pull purchase purpose push put quality quarter question quick quiet quite quote raise range rate rather reach
react read reader ready real reality really reason receipt receive recent record recover red reduce refund regard
regular relax release reliable remember remind remove repair repeat replace reply report request require research
reset resource respond rest result return review rich right risk road role room round rule run sad safe said sale same
sample saturday save saw say scale schedule school science score screen search season seat second section secure
security see seem seen select self sell send senior sense sent separate serious serve service session set setting
settle setup seven several share she sheet ship shop short should show side sign signal signup simple simply since
single sit site six size skill skip sleep slow small smart smile so social software sold solution solve some somebody
someone something sometimes somewhere soon sorry sort sound source south space speak special speed spend spent spot
spring staff stage stand standard start state status stay step still stock stop store story straight strategy street
stress strong student study stuff style subject success such suggest suit summer sunday support suppose sure surprise
survey switch system table take talk task tax team tell template ten term test text than thank that the their them
then there these they thing think third this those though thought thousand three through thursday time tip tired title
to today together told tomorrow tonight too took tool top topic total touch tough track trade traffic train transfer
travel treat trial trouble true trust truth try tuesday turn twelve twenty twice two type under understand unit unless
until up update upgrade upon us use useful user usual value various version very video view visit visitor voice wait
walk wall want warm warn was waste watch water way we weather web website wednesday week weekend weekly weight welcome
well went were west what whatever when where whether which while white who whole whose why wide will win winter wish
with within without woman wonder word work worker world worry worse worst worth would write wrong yeah year yearly yes
yesterday yet you young your yours yourself zero january february march april june july august september october
november december monday i'm i'd i've i'll don't doesn't can't won't isn't it's that's what's here's there's you're
you'll you've we're we'll we've let's they're cheers regards sincerely hi hello dear ps mr mrs ms dr frequent often
ask paid seen made done goodbye thanks proud untangle bring brought swim walk
"""
_TRADE = """
irish scottish welsh swiss austrian belgian danish swedish norwegian polish japanese indian african asian nordic yaml
faq cta url pdf api ai ui ux id ok seo ga4 utm ab qa hr it kpi kpis roi crm csv html css json http https xml rss sms
rsa google meta am pm vs etc eu us uk usa usd eur gbp inc ltd b2b b2c saas tv pc cms cv diy asap eta fyi rsvp tba tbc
q1 q2 q3 q4 h1 h2 h3 a4 mp3 mp4 utf-8 wifi wi-fi usb sku erp vat cfo ceo cto coo cmo english german french spanish
chinese italian dutch european american british
"""
COMMON = frozenset(stem(word) for word in (_EVERYDAY + _TRADE).split())
"""Stems of words that are never reported as names."""
_ENDINGS = ("ally", "ly", "ing", "ed", "es", "s")
_LEAST_ROOT = 2


def is_common(word: str) -> bool:
    """Whether `word` is an everyday one, also in inflexions that `stem` leaves alone: asked, planned, frequently."""
    low = word.casefold()
    if stem(low) in COMMON:
        return True
    for ending in _ENDINGS:
        root = low.removesuffix(ending)
        if root != low and len(root) >= _LEAST_ROOT:
            forms = (root, f"{root}e", root[:-1] if root[-1] == root[-2] else root)
            if any(stem(form) in COMMON for form in forms):
                return True
    return False
