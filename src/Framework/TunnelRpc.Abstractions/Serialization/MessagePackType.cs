namespace TunnelRpc.Serialization;

/// <summary>The kinds of values in the MessagePack specification, and two kinds that stand for the absence of a value.</summary>
public enum MessagePackType
{
    /// <summary>All bytes have been read.</summary>
    End,

    /// <summary>The byte 0xc1, which the specification never uses.</summary>
    Reserved,

    /// <summary>nil.</summary>
    Nil,

    /// <summary>false or true.</summary>
    Boolean,

    /// <summary>Any of the integer formats, signed or unsigned.</summary>
    Integer,

    /// <summary>float 32 or float 64.</summary>
    Float,

    /// <summary>A length and that many bytes of UTF-8.</summary>
    String,

    /// <summary>A length and that many bytes.</summary>
    Binary,

    /// <summary>A count and that many values.</summary>
    Array,

    /// <summary>A count and that many pairs of key and value.</summary>
    Map,

    /// <summary>An application-defined or predefined extension: a type and bytes.</summary>
    Extension,
}
