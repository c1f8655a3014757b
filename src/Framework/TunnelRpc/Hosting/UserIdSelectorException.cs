using System.Diagnostics.CodeAnalysis;

namespace TunnelRpc.Hosting;

/// <summary>
/// <see cref="TunnelServerOptions.UserIdSelector"/> has thrown an exception, which is the inner one. It refuses one connection.
/// </summary>
/// <param name="cause">The exception of the application.</param>
[SuppressMessage("Design", "CA1032:Implement standard exception constructors", Justification = "It always has a cause.")]
internal sealed class UserIdSelectorException(Exception cause)
    : Exception("Expected the id of a user from TunnelServerOptions.UserIdSelector, which threw an exception.", cause);
