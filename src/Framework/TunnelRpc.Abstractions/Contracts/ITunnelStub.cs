using System.ComponentModel;

namespace TunnelRpc;

/// <summary>Implemented by every generated stub. Nothing implements it by hand.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public interface ITunnelStub
{
    /// <summary>What the stub's calls go through.</summary>
    TunnelInvoker Invoker { get; }
}
