def resnetl input_shape. nNn_classe=s):

def conv_bh_rl(=. f. k=1. ==1. p= samee 1:
= = ConwzZDif, k., strides=s., padding=pli(=]
= = BatchMormal ization{ ) {=2
# = FelLU{ =2

returm =

def identitw_blaock{tensar. f21:
= = conwvw_bn_rl{tensor. {2
2 = conv_bn_rl{=, f. 352
= = ConwZDla=f. 1230:=2
= = BatchMormal ization{ ) {=2
= = AddClIC[=. tensorl]l

output = FRelLU (=)
returm output

def conv_blocki(ten=sar, f. =21:
# = conwvw_bn_rl{tensor. {2
= = conwvw_bn_rlCx. f. 3. =2l
# = ConwZ00a-f ., 1 230:=2
= = BatchMormal ization{ ) {=2

shortcut ConwZDild=f ., 1. strides==slltensaorl

shortcut EatchMaormal izat ioni{ J{shartcutl
= = SAddClC[=. shortcutl]l
output = FRelLU (=)

returm output

def resnet_blocki(=. f. r. ==21:
= = conwvw_block{=. f. =1
for _ in rangel{r—173:
# = identitw_blocki(=. {2

returm =

input = |Inputiinput_shapel

# = conv_bn_rl{input,. 54, 7. =2

# = Ma=zPoolZDI{=S, =strides=Z., padding= same 1=

# = resnet_blocki(=. B4, =, 12

= = resnet_block{:x, 1zZ5., A2

# = resnet_blocki(=. 2EE., B2

= = resnet_blocki{=, 51Z, 32

= = GlobaladwaPool 200 2=

output = DeEnsein_classes. actiwvat ion= s=oftm=ax=" J10(=1
model = Model{input. outputl

retiarm mode |
