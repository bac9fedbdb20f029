// ResNet-34 as dlib's users write it: the shortcut of a stage's first block is an average pooling,
// and add_prev fills the missing channels with zeros.
#include <iostream>
#include <dlib/dnn.h>

using namespace dlib;

template <template <int, template <typename> class, int, typename> class block, int N,
          template <typename> class BN, typename SUBNET>
using residual = add_prev1<block<N,BN,1,tag1<SUBNET>>>;

template <template <int, template <typename> class, int, typename> class block, int N,
          template <typename> class BN, typename SUBNET>
using residual_down = add_prev2<avg_pool<2,2,2,2,skip1<tag2<block<N,BN,2,tag1<SUBNET>>>>>>;

template <int N, template <typename> class BN, int stride, typename SUBNET>
using block = BN<con<N,3,3,1,1,relu<BN<con<N,3,3,stride,stride,SUBNET>>>>>;

template <int N, typename SUBNET> using res = relu<residual<block,N,bn_con,SUBNET>>;
template <int N, typename SUBNET> using ares = relu<residual<block,N,affine,SUBNET>>;
template <int N, typename SUBNET> using res_down = relu<residual_down<block,N,bn_con,SUBNET>>;
template <int N, typename SUBNET> using ares_down = relu<residual_down<block,N,affine,SUBNET>>;

template <typename SUBNET> using level1 = res<512,res<512,res_down<512,SUBNET>>>;
template <typename SUBNET>
using level2 = res<256,res<256,res<256,res<256,res<256,res_down<256,SUBNET>>>>>>;
template <typename SUBNET> using level3 = res<128,res<128,res<128,res_down<128,SUBNET>>>>;
template <typename SUBNET> using level4 = res<64,res<64,res<64,SUBNET>>>;

template <typename SUBNET> using alevel1 = ares<512,ares<512,ares_down<512,SUBNET>>>;
template <typename SUBNET>
using alevel2 = ares<256,ares<256,ares<256,ares<256,ares<256,ares_down<256,SUBNET>>>>>>;
template <typename SUBNET> using alevel3 = ares<128,ares<128,ares<128,ares_down<128,SUBNET>>>>;
template <typename SUBNET> using alevel4 = ares<64,ares<64,ares<64,SUBNET>>>;

using input_layer = input_rgb_image_sized<227>;

using net_type = loss_multiclass_log<fc<1000,avg_pool_everything<
    level1<level2<level3<level4<
    max_pool<3,3,2,2,relu<bn_con<con<64,7,7,2,2,
    input_layer>>>>>>>>>>>;

using anet_type = loss_multiclass_log<fc<1000,avg_pool_everything<
    alevel1<alevel2<alevel3<alevel4<
    max_pool<3,3,2,2,relu<affine<con<64,7,7,2,2,
    input_layer>>>>>>>>>>>;

int main()
{
    net_type net;
    for (int i = 0; i < 3; ++i)
        std::cout << "relu<con<" << i << '>';
}
