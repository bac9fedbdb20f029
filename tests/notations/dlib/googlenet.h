// GoogLeNet without its auxiliary classifiers and normalisations, for dlib.
#include <dlib/dnn.h>

using namespace dlib;

template <long a, typename SUBNET> using one = relu<con<a,1,1,1,1,SUBNET>>;
template <long a, long b, typename SUBNET> using three = relu<con<b,3,3,1,1,one<a,SUBNET>>>;
template <long a, long b, typename SUBNET> using five = relu<con<b,5,5,1,1,one<a,SUBNET>>>;
template <long a, typename SUBNET> using pool = one<a,max_pool<3,3,1,1,SUBNET>>;

template <typename S> using b1_3a = one<64,S>;
template <typename S> using b2_3a = three<96,128,S>;
template <typename S> using b3_3a = five<16,32,S>;
template <typename S> using b4_3a = pool<32,S>;
template <typename S> using inception_3a = inception4<b1_3a,b2_3a,b3_3a,b4_3a,S>;
template <typename S> using b1_3b = one<128,S>;
template <typename S> using b2_3b = three<128,192,S>;
template <typename S> using b3_3b = five<32,96,S>;
template <typename S> using b4_3b = pool<64,S>;
template <typename S> using inception_3b = inception4<b1_3b,b2_3b,b3_3b,b4_3b,S>;
template <typename S> using b1_4a = one<192,S>;
template <typename S> using b2_4a = three<96,208,S>;
template <typename S> using b3_4a = five<16,48,S>;
template <typename S> using b4_4a = pool<64,S>;
template <typename S> using inception_4a = inception4<b1_4a,b2_4a,b3_4a,b4_4a,S>;
template <typename S> using b1_4b = one<160,S>;
template <typename S> using b2_4b = three<112,224,S>;
template <typename S> using b3_4b = five<24,64,S>;
template <typename S> using b4_4b = pool<64,S>;
template <typename S> using inception_4b = inception4<b1_4b,b2_4b,b3_4b,b4_4b,S>;
template <typename S> using b1_4c = one<128,S>;
template <typename S> using b2_4c = three<128,256,S>;
template <typename S> using b3_4c = five<24,64,S>;
template <typename S> using b4_4c = pool<64,S>;
template <typename S> using inception_4c = inception4<b1_4c,b2_4c,b3_4c,b4_4c,S>;
template <typename S> using b1_4d = one<112,S>;
template <typename S> using b2_4d = three<144,288,S>;
template <typename S> using b3_4d = five<32,64,S>;
template <typename S> using b4_4d = pool<64,S>;
template <typename S> using inception_4d = inception4<b1_4d,b2_4d,b3_4d,b4_4d,S>;
template <typename S> using b1_4e = one<256,S>;
template <typename S> using b2_4e = three<160,320,S>;
template <typename S> using b3_4e = five<32,128,S>;
template <typename S> using b4_4e = pool<128,S>;
template <typename S> using inception_4e = inception4<b1_4e,b2_4e,b3_4e,b4_4e,S>;
template <typename S> using b1_5a = one<256,S>;
template <typename S> using b2_5a = three<160,320,S>;
template <typename S> using b3_5a = five<32,128,S>;
template <typename S> using b4_5a = pool<128,S>;
template <typename S> using inception_5a = inception4<b1_5a,b2_5a,b3_5a,b4_5a,S>;
template <typename S> using b1_5b = one<384,S>;
template <typename S> using b2_5b = three<192,384,S>;
template <typename S> using b3_5b = five<48,128,S>;
template <typename S> using b4_5b = pool<128,S>;
template <typename S> using inception_5b = inception4<b1_5b,b2_5b,b3_5b,b4_5b,S>;
using net_type = loss_multiclass_log<fc<1000,dropout<avg_pool_everything<inception_5b<inception_5a<max_pool<3,3,2,2,inception_4e<inception_4d<inception_4c<inception_4b<inception_4a<max_pool<3,3,2,2,inception_3b<inception_3a<max_pool<3,3,2,2,relu<con<192,3,3,1,1,relu<con<64,1,1,1,1,max_pool<3,3,2,2,relu<con<64,7,7,2,2,input_rgb_image_sized<224>>>>>>>>>>>>>>>>>>>>>>>>;
