using System.ComponentModel;
using TunnelRpc.Serialization;

namespace TunnelRpc.References;

/// <summary>
/// Exports and imports the values of one call that are passed by reference (services, streams, progress): each is encoded as a reference
/// id. The runtime creates the scope; formatters find it on the writer and on the reader.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public abstract class ReferenceScope : SerializationScope
{
    private protected ReferenceScope()
    {
    }

    /// <summary>Returns the scope that the writer or the reader of a formatter carries.</summary>
    /// <param name="scope">The scope of the writer or the reader.</param>
    /// <param name="what">The value with its article, for the error message.</param>
    /// <exception cref="MessagePackException">The value is not written or read as part of a call.</exception>
    internal static ReferenceScope Require(SerializationScope? scope, string what) =>
        scope as ReferenceScope ?? throw new MessagePackException(
            $"Expected {what} in the arguments, the result or the stream items of a call, "
            + "got it in a value that is serialized outside of a call. It is passed by reference, and only a session has references.");

    /// <summary>
    /// Exports <paramref name="target"/>, so that the peer can call it, and returns its reference id. If the target is a stub of an object
    /// that the peer exported, returns the negated id of that object.
    /// </summary>
    /// <param name="methods">The methods of the contract.</param>
    /// <param name="target">The object.</param>
    /// <param name="bases">The base interfaces of the contract; null for none. What they require of callers applies to the object.</param>
    internal abstract long Export<TService>(
        IReadOnlyList<TunnelMethod<TService>> methods, TService target, IReadOnlyList<Type>? bases = null)
        where TService : class;

    /// <summary>Imports a reference: returns the invoker that calls the peer's object with this id.</summary>
    internal abstract TunnelInvoker Import(long referenceId);

    /// <summary>
    /// Returns the object that this side exported and that the peer passes back. <paramref name="referenceId"/> is negative.
    /// </summary>
    internal abstract TService GetExported<TService>(long referenceId)
        where TService : class;

    /// <summary>Registers work that is disposed before the reply of the call is sent.</summary>
    internal abstract void CompleteBeforeReply(IAsyncDisposable work);
}
