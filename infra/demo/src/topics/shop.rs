//! Topics of a shop: buying, paying, receiving and giving back.

use super::{Tag, Topic};

pub(crate) const SALES: Topic = Topic {
    team: "Vendas",
    menu: "Comprar",
    openers: &[
        "Boa tarde! Quanto custa o {produto}?",
        "Vi o anúncio de vocês no Instagram e queria saber mais do {produto}",
        "Vocês têm {produto} na loja de {cidade}?",
        "Qual a forma de pagamento? Parcelam em quantas vezes?",
        "Queria um orçamento para {quantidade} unidades do {produto}",
        "Tem desconto à vista no pix?",
        "O {produto} ainda está na promoção de {valor}?",
        "Quero trocar meu plano por um maior",
    ],
    questions: &[
        "É para uso em casa ou na empresa?",
        "Qual o CEP de entrega, para eu calcular o frete?",
        "Prefere pagar no cartão, boleto ou pix?",
        "Quantas unidades você precisa?",
        "Posso montar uma proposta e enviar por aqui mesmo?",
        "Já conhece o nosso programa de pontos?",
    ],
    answers: &[
        "No cartão, em {quantidade} vezes sem juros dá?",
        "É para a minha empresa, em {cidade}",
        "Achei um pouco caro, consegue melhorar?",
        "Vou pensar e te aviso até {data}",
        "Pode mandar a proposta sim",
        "Fechado, pode gerar o link de pagamento",
        "Na outra loja está por {valor}",
        "Qual o prazo de entrega para {cidade}?",
    ],
    solutions: &[
        "Consegui um desconto especial: fica em {valor} à vista",
        "Segue o link de pagamento do pedido {pedido}, válido por 24 horas",
        "O {produto} está disponível, reservo para você até {data}",
        "Frete grátis para {cidade} nesta semana 🎉",
        "Enviei a proposta em anexo, qualquer dúvida estou à disposição",
    ],
    tabulations: &[
        ("Venda concluída", 30),
        ("Proposta enviada", 28),
        ("Sem interesse", 16),
        ("Preço", 14),
        ("Sem estoque", 5),
        ("Retornar contato", 7),
    ],
    tags: &[
        Tag {
            tag: "origem",
            question: "Como você conheceu a gente?",
            answers: &["Instagram", "indicação", "Google", "já sou cliente", "loja física"],
        },
        Tag {
            tag: "interesse",
            question: "O que você procura?",
            answers: &["plano novo", "produto avulso", "orçamento", "promoção"],
        },
    ],
    products: &[
        "kit de câmeras",
        "plano Família 500",
        "plano Empresa 1 Giga",
        "fone Bluetooth",
        "cafeteira Duo",
        "cadeira Ergo Plus",
    ],
};

pub(crate) const BILLING: Topic = Topic {
    team: "Financeiro",
    menu: "Segunda via e pagamentos",
    openers: &[
        "Preciso da segunda via do boleto desse mês",
        "Paguei dia {data} e ainda aparece em aberto",
        "Veio uma cobrança de {valor} que eu não reconheço",
        "Meu boleto venceu, consegue atualizar a data?",
        "Como faço para colocar no débito automático?",
        "Me cobraram duas vezes o mesmo pedido {pedido}",
        "Queria negociar as parcelas atrasadas",
        "Preciso da nota fiscal do pedido {pedido}",
    ],
    questions: &[
        "Pode enviar o comprovante de pagamento, por favor?",
        "O pagamento foi feito por boleto, cartão ou pix?",
        "Qual a data de vencimento que fica melhor para você?",
        "Confirma para mim o número do contrato?",
        "Deseja receber a fatura por e-mail ou por aqui?",
    ],
    answers: &[
        "Foi no pix, às {hora}",
        "Segue o comprovante",
        "Pode ser dia 10",
        "Contrato {numero}",
        "O valor certo seria {valor}",
        "Não recebi nenhum e-mail",
        "Consigo pagar em {quantidade} vezes?",
    ],
    solutions: &[
        "Localizei o pagamento, a baixa acontece em até 2 dias úteis",
        "Segue a segunda via com vencimento em {data}, no valor de {valor}",
        "O estorno de {valor} foi solicitado e aparece em até duas faturas",
        "Fiz o acordo em {quantidade} parcelas de {valor}",
        "A nota fiscal foi reenviada para o e-mail do cadastro",
    ],
    tabulations: &[
        ("Segunda via enviada", 38),
        ("Acordo realizado", 16),
        ("Contestação", 14),
        ("Baixa solicitada", 18),
        ("Resolvido", 14),
    ],
    tags: &[
        Tag {
            tag: "assunto",
            question: "Sobre qual assunto financeiro?",
            answers: &["segunda via", "contestação", "acordo", "nota fiscal", "débito automático"],
        },
        Tag { tag: "cliente", question: "Você já é cliente?", answers: &["sim", "não"] },
    ],
    products: &["boleto", "fatura", "contrato"],
};

pub(crate) const DELIVERY: Topic = Topic {
    team: "Entregas",
    menu: "Onde está meu pedido",
    openers: &[
        "Meu pedido {pedido} ainda não chegou",
        "O rastreio do pedido {pedido} está parado desde {data}",
        "O entregador disse que não tinha ninguém em casa, mas eu estava",
        "Posso mudar o endereço de entrega?",
        "Chegou só metade do pedido {pedido}",
        "Entregaram no vizinho e sumiu o {produto}",
    ],
    questions: &[
        "Qual o número do pedido, por favor?",
        "O endereço continua sendo em {cidade}?",
        "Alguém pode receber amanhã até as {hora}?",
        "A caixa chegou lacrada?",
        "Consegue enviar uma foto da etiqueta?",
    ],
    answers: &[
        "É o {pedido}",
        "Sim, o endereço é o mesmo",
        "Amanhã só depois das {hora}",
        "Veio aberta e faltando o {produto}",
        "Preciso disso até {data} sem falta",
        "Já falei isso para outro atendente ontem",
    ],
    solutions: &[
        "A nova tentativa de entrega é em {data}, entre {hora} e 18:00",
        "Abri uma ocorrência com a transportadora, protocolo {numero}",
        "O item que faltou sai hoje do nosso estoque, sem custo",
        "Endereço atualizado, o prazo passa a ser {data}",
        "O pedido {pedido} saiu para entrega agora há pouco",
    ],
    tabulations: &[
        ("Em rota", 34),
        ("Ocorrência aberta", 24),
        ("Reenvio", 14),
        ("Endereço alterado", 12),
        ("Entregue", 16),
    ],
    tags: &[
        Tag { tag: "pedido", question: "Qual o número do pedido?", answers: &["{pedido}"] },
        Tag { tag: "cidade", question: "Em qual cidade você está?", answers: &["{cidade}"] },
    ],
    products: &["fone", "carregador", "manual", "suporte de parede", "controle remoto"],
};

pub(crate) const RETURNS: Topic = Topic {
    team: "Trocas e Devoluções",
    menu: "Troca ou devolução",
    openers: &[
        "Quero devolver o {produto}, não serviu",
        "A cor do {produto} veio diferente da foto",
        "Meu {produto} chegou com defeito",
        "Como funciona a troca na loja física?",
        "Já postei o {produto}, quando recebo o reembolso?",
    ],
    questions: &[
        "O produto ainda está com a etiqueta?",
        "Prefere vale-compra ou estorno no cartão?",
        "Pode enviar duas fotos do defeito?",
        "Consegue levar até uma agência em {cidade}?",
    ],
    answers: &[
        "Sim, está na caixa, nunca usei",
        "Prefiro o estorno",
        "Vale-compra tá ótimo",
        "Mandei as fotos agora",
        "A agência mais perto fecha às {hora}",
    ],
    solutions: &[
        "Seu código de postagem é {numero}, válido até {data}",
        "O estorno de {valor} foi aprovado",
        "Gerei o vale-compra de {valor}, ele chega por e-mail",
        "A troca foi aprovada, o novo {produto} sai em {data}",
    ],
    tabulations: &[
        ("Troca aprovada", 34),
        ("Estorno", 26),
        ("Vale-compra", 16),
        ("Fora do prazo", 12),
        ("Aguardando fotos", 12),
    ],
    tags: &[Tag {
        tag: "motivo_troca",
        question: "Por que quer trocar?",
        answers: &["tamanho", "defeito", "arrependimento", "cor errada"],
    }],
    products: &["tênis 42", "vestido azul", "jaqueta G", "mochila", "relógio", "par de óculos"],
};
