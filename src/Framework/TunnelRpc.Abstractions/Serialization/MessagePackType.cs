namespace TunnelRpc.Serialization;

/// <summary>The kinds of value in the MessagePack specification, and the two cases where there is none.</summary>
public enum MessagePackType
{
    /// <summary>No bytes are left.</summary>
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

    /// <summary>A string: UTF-8 with a length.</summary>
    String,

    /// <summary>Bytes with a length.</summary>
    Binary,

    /// <summary>An array header, followed by that many values.</summary>
    Array,

    /// <summary>A map header, followed by that many pairs.</summary>
    Map,

    /// <summary>An application-defined or predefined extension: type and bytes.</summary>
    Extension,
}
