using System.ComponentModel;

namespace TunnelRpc;

/// <summary>Implemented by every generated stub. For generated code only.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public interface ITunnelStub
{
    /// <summary>The invoker that makes the stub's calls.</summary>
    TunnelInvoker Invoker { get; }
}
