using System.ComponentModel;

namespace TunnelRpc.Serialization;

// Decision: docs/adr/0037-abstractions-package.md
/// <summary>
/// The state of the call whose values are written or read. The codec only passes it on: a formatter that needs it finds it on the writer
/// and on the reader. It is null if a value is written or read outside of a call.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public abstract class SerializationScope
{
    private protected SerializationScope()
    {
    }
}
