using System.ComponentModel;

namespace TunnelRpc.Serialization;

/// <summary>
/// The state of the call whose values are being written or read. The codec only passes it on: a formatter that needs it finds it on the
/// writer and on the reader. Null on both when a value is written or read outside of a call.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public abstract class SerializationScope
{
    private protected SerializationScope()
    {
    }
}
