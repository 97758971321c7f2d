"""Names of legacy Keras that a configuration may use, reviewed by name: all of them only compute.

They stand under their public module, and legacy files often write none. Some are older names that
only files have. Left out on purpose: ``Lambda``; ``ResidualWrapper``, ``DropoutWrapper`` and
``DeviceWrapper``, which load marshalled Python; ``DenseFeatures`` and its like, whose columns read
vocabulary files.
"""

CLASSES = {
    "keras": """
        Functional InputSpec Model Sequential
    """,
    "keras.models": """
        Functional Model Sequential
    """,
    "keras.layers": """
        AbstractRNNCell Activation ActivityRegularization Add AddLoss AddMetric AdditiveAttention
        AlphaDropout Attention Average AveragePooling1D AveragePooling2D AveragePooling3D
        AvgPool1D AvgPool2D AvgPool3D BatchNormalization BatchNormalizationV1 BatchNormalizationV2
        Bidirectional CategoryEncoding CenterCrop Concatenate Conv1D Conv1DTranspose Conv2D
        Conv2DTranspose Conv3D Conv3DTranspose ConvLSTM1D ConvLSTM2D ConvLSTM3D Convolution1D
        Convolution1DTranspose Convolution2D Convolution2DTranspose Convolution3D
        Convolution3DTranspose Cropping1D Cropping2D Cropping3D CuDNNGRU CuDNNLSTM Dense
        DepthwiseConv1D DepthwiseConv2D Discretization Dot Dropout ELU EinsumDense Embedding
        Flatten GRU GRUCell GRUCellV1 GRUCellV2 GRUV1 GRUV2 GaussianDropout GaussianNoise
        GlobalAveragePooling1D GlobalAveragePooling2D GlobalAveragePooling3D GlobalAvgPool1D
        GlobalAvgPool2D GlobalAvgPool3D GlobalMaxPool1D GlobalMaxPool2D GlobalMaxPool3D
        GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D GroupNormalization HashedCrossing
        Hashing Identity InputLayer InputSpec IntegerLookup LSTM LSTMCell LSTMCellV1 LSTMCellV2
        LSTMV1 LSTMV2 Layer LayerNormalization LeakyReLU LocallyConnected1D LocallyConnected2D
        Masking MaxPool1D MaxPool2D MaxPool3D MaxPooling1D MaxPooling2D MaxPooling3D Maximum
        Minimum MultiHeadAttention Multiply Normalization PReLU Permute RNN RandomBrightness
        RandomContrast RandomCrop RandomFlip RandomHeight RandomRotation RandomTranslation
        RandomWidth RandomZoom ReLU RepeatVector Rescaling Reshape Resizing SeparableConv1D
        SeparableConv2D SeparableConvolution1D SeparableConvolution2D SimpleRNN SimpleRNNCell
        Softmax SpatialDropout1D SpatialDropout2D SpatialDropout3D SpectralNormalization
        StackedRNNCells StringLookup Subtract SyncBatchNormalization TextVectorization
        ThresholdedReLU TimeDistributed UnitNormalization UpSampling1D UpSampling2D UpSampling3D
        Wrapper ZeroPadding1D ZeroPadding2D ZeroPadding3D
    """,
    "keras.initializers": """
        Constant ConstantV2 GlorotNormal GlorotNormalV2 GlorotUniform GlorotUniformV2 HeNormal
        HeNormalV2 HeUniform HeUniformV2 Identity IdentityV2 Initializer LecunNormal LecunNormalV2
        LecunUniform LecunUniformV2 Ones OnesV2 Orthogonal OrthogonalV2 RandomNormal
        RandomNormalV2 RandomUniform RandomUniformV2 TruncatedNormal TruncatedNormalV2
        VarianceScaling VarianceScalingV2 Zeros ZerosV2 constant glorot_normal glorot_normalV2
        glorot_uniform glorot_uniformV2 he_normal he_normalV2 he_uniform he_uniformV2 identity
        lecun_normal lecun_normalV2 lecun_uniform lecun_uniformV2 normal one ones orthogonal
        random_normal random_uniform truncated_normal uniform variance_scaling zero zeros
    """,
    "keras.regularizers": """
        L1 L1L2 L2 OrthogonalRegularizer l1 l1_l2 l2 orthogonal_regularizer
    """,
    "keras.constraints": """
        MaxNorm MinMaxNorm NonNeg RadialConstraint UnitNorm max_norm maxnorm min_max_norm non_neg
        nonneg radial_constraint unit_norm unitnorm
    """,
    "keras.mixed_precision": """
        Policy
    """,
    "keras.losses": """
        BinaryCrossentropy BinaryFocalCrossentropy CategoricalCrossentropy
        CategoricalFocalCrossentropy CategoricalHinge CosineSimilarity Hinge Huber KLDivergence
        LogCosh MeanAbsoluteError MeanAbsolutePercentageError MeanSquaredError
        MeanSquaredLogarithmicError Poisson SparseCategoricalCrossentropy SquaredHinge
    """,
    "keras.metrics": """
        AUC Accuracy BinaryAccuracy BinaryCrossentropy BinaryIoU CategoricalAccuracy
        CategoricalCrossentropy CategoricalHinge CosineSimilarity F1Score FBetaScore
        FalseNegatives FalsePositives Hinge IoU KLDivergence LogCoshError Mean MeanAbsoluteError
        MeanAbsolutePercentageError MeanIoU MeanMetricWrapper MeanRelativeError MeanSquaredError
        MeanSquaredLogarithmicError MeanTensor OneHotIoU OneHotMeanIoU Poisson Precision
        PrecisionAtRecall R2Score Recall RecallAtPrecision RootMeanSquaredError
        SensitivityAtSpecificity SparseCategoricalAccuracy SparseCategoricalCrossentropy
        SparseTopKCategoricalAccuracy SpecificityAtSensitivity SquaredHinge Sum
        TopKCategoricalAccuracy TrueNegatives TruePositives
    """,
    "keras.optimizers": """
        Adadelta Adafactor Adagrad Adam AdamW Adamax Ftrl Lion Nadam RMSprop SGD
    """,
    "keras.optimizers.schedules": """
        CosineDecay CosineDecayRestarts ExponentialDecay InverseTimeDecay LearningRateSchedule
        PiecewiseConstantDecay PolynomialDecay
    """,
}

# Functions by their name: activations, losses and metrics.
_FUNCTIONS = """
    ELU LeakyReLU PReLU ReLU Softmax ThresholdedReLU binary_accuracy binary_crossentropy
    binary_focal_crossentropy categorical_accuracy categorical_crossentropy
    categorical_focal_crossentropy categorical_hinge cosine_similarity elu exponential gelu
    hard_sigmoid hinge huber kl_divergence kld kullback_leibler_divergence leaky_relu linear
    log_cosh log_softmax logcosh mae mape mean_absolute_error mean_absolute_percentage_error
    mean_squared_error mean_squared_logarithmic_error mish mse msle poisson relu relu6 selu
    sigmoid silu softmax softplus softsign sparse_categorical_accuracy
    sparse_categorical_crossentropy sparse_top_k_categorical_accuracy squared_hinge swish tanh
    top_k_categorical_accuracy
"""
FUNCTIONS = frozenset(_FUNCTIONS.split())

# Layers that call what the file names: of TensorFlow, and of its ragged and sparse tensors.
CALLERS = frozenset({"SlicingOpLambda", "TFOpLambda"})
ATTRIBUTE_LAYERS = frozenset({"InstanceMethod", "InstanceProperty"})
_ATTRIBUTES = """
    bounding_shape dense_shape flat_values indices merge_dims nested_row_lengths nested_row_splits
    nested_value_rowids nrows row_lengths row_limits row_splits row_starts to_sparse to_tensor
    value_rowids values with_flat_values with_row_splits_dtype with_values
"""
ATTRIBUTES = frozenset(_ATTRIBUTES.split())
_CLASS_METHODS = """
    from_nested_row_lengths from_nested_row_splits from_nested_value_rowids from_row_lengths
    from_row_limits from_row_splits from_row_starts from_sparse from_tensor
    from_uniform_row_length from_value_rowids
"""
CLASS_METHODS = frozenset(_CLASS_METHODS.split())
