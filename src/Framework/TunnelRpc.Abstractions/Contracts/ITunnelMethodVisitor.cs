using System.ComponentModel;

namespace TunnelRpc;

/// <summary>Recovers the type arguments of a method without reflection. It has one member for each call shape.</summary>
/// <typeparam name="TService">The contract.</typeparam>
/// <typeparam name="TOut">The result of a visit.</typeparam>
[EditorBrowsable(EditorBrowsableState.Never)]
public interface ITunnelMethodVisitor<TService, out TOut>
    where TService : class
{
    /// <summary>Visits a unary method: one request, one reply.</summary>
    TOut VisitUnary<TArgs, TResult>(UnaryMethod<TService, TArgs, TResult> method);

    /// <summary>Visits a one-way method: one request, no reply.</summary>
    TOut VisitOneWay<TArgs>(OneWayMethod<TService, TArgs> method);

    /// <summary>Visits a server-streaming method: one request, a stream of items as the reply.</summary>
    TOut VisitServerStreaming<TArgs, TItem>(ServerStreamingMethod<TService, TArgs, TItem> method);

    /// <summary>Visits a client-streaming method: a stream of items from the caller, one reply.</summary>
    TOut VisitClientStreaming<TArgs, TItem, TResult>(ClientStreamingMethod<TService, TArgs, TItem, TResult> method);

    /// <summary>Visits a duplex method: a stream of items in each direction.</summary>
    TOut VisitDuplexStreaming<TArgs, TItem, TResultItem>(DuplexStreamingMethod<TService, TArgs, TItem, TResultItem> method);
}
