using System.ComponentModel;
using TunnelRpc.Serialization;

namespace TunnelRpc.References;

/// <summary>
/// Where values that travel by reference (services, streams, progress) are exchanged for numbers while one call's values
/// are written and read. The runtime makes it; formatters ask the writer and the reader for it.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public abstract class ReferenceScope : SerializationScope
{
    private protected ReferenceScope()
    {
    }

    /// <summary>The scope that a formatter of references finds on its writer or reader.</summary>
    /// <exception cref="MessagePackException">The value is not written or read as part of a call.</exception>
    internal static ReferenceScope Require(SerializationScope? scope, string what) => scope as ReferenceScope ?? throw new MessagePackException(
        $"Expected {what} in the arguments, the result or the stream items of a call, got it in a value that is serialized outside of a call. It travels by reference, and only a session holds references.");

    /// <summary>Lets the peer call <paramref name="target"/>, and gives the number under which it does. A stub of the peer's own object goes back as that object's number, below zero.</summary>
    internal abstract long Export<TService>(IReadOnlyList<TunnelMethod<TService>> methods, TService target)
        where TService : class;

    /// <summary>What calls to the peer's object of this number go through.</summary>
    internal abstract TunnelInvoker Import(long referenceId);

    /// <summary>This side's own object, which the peer has given back.</summary>
    internal abstract TService GetExported<TService>(long referenceId)
        where TService : class;

    /// <summary>Has something completed before the call that is served is answered.</summary>
    internal abstract void CompleteBeforeReply(IAsyncDisposable work);
}
