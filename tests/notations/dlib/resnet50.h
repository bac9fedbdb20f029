// ResNet-50 with the paper's maps, its normalisation a parameter of the class template: training
// has bn_con, what is trained has affine. con_no_bias_ is as archc writes it.
#pragma once
#include <dlib/dnn.h>

namespace residual
{
    using namespace dlib;

    template <template <typename> class NORM, long base = 64>
    struct def
    {
        static constexpr long wide = 2*base;
        static_assert(base > 0, "a width");

        template <long K, int size, int step, typename BELOW>
        using conv = add_layer<con_no_bias_<K,size,size,step,step,size/2,size/2>, BELOW>;

        template <long K, int step, typename BELOW>
        using narrow = NORM<conv<4*K,1,1,relu<NORM<conv<K,3,step,relu<NORM<conv<K,1,1,BELOW>>>>>>>>;

        template <long K, typename BELOW>
        using same = relu<add_prev1<narrow<K,1,tag1<BELOW>>>>;

        template <long K, int step, typename BELOW>
        using first = relu<add_prev2<NORM<conv<4*K,1,step,skip1<tag2<narrow<K,step,tag1<BELOW>>>>>>>>;

        template <typename BELOW> using same1 = same<base,BELOW>;
        template <typename BELOW> using same2 = same<wide,BELOW>;
        template <typename BELOW> using same3 = same<2*wide,BELOW>;
        template <typename BELOW> using same4 = same<4*wide,BELOW>;

        template <long n3, typename INPUT>
        using body = repeat<2,same4,first<4*wide,2,
            repeat<n3,same3,first<2*wide,2,
            repeat<3,same2,first<wide,2,
            repeat<2,same1,first<base,1,
            add_layer<max_pool_<3,3,2,2,1,1>,
            relu<NORM<conv<base,7,2,INPUT>>>>>>>>>>>>;

        template <typename INPUT> using body50 = body<5,INPUT>;

        using n50 = loss_multiclass_log<fc<1000,avg_pool_everything<
            body50<input_rgb_image_sized<224>>>>>;

        void describe() { if (base) { using body50 = relu<tag1<int>>; } }
    };

    template <template <typename> class LOSS, template <typename> class NORM, typename INPUT>
    using net_type = LOSS<fc<1000,avg_pool_everything<
        typename def<NORM>::template body50<INPUT>>>>;

    using train = net_type<loss_multiclass_log,bn_con,input_rgb_image_sized<224>>;
    using infer = net_type<loss_multiclass_log,affine,input_rgb_image_sized<224>>;
    using ready = residual::def<dlib::bn_con>::n50;
    using slim = def<bn_con,32>::n50;
}
