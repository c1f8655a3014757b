namespace TunnelRpc;

/// <summary>Recovers a method's type arguments without reflection: one member for each shape of call.</summary>
/// <typeparam name="TService">The contract.</typeparam>
/// <typeparam name="TOut">What a visit gives.</typeparam>
public interface ITunnelMethodVisitor<TService, out TOut>
    where TService : class
{
    /// <summary>One request, one reply.</summary>
    TOut VisitUnary<TArgs, TResult>(UnaryMethod<TService, TArgs, TResult> method);

    /// <summary>One request, no reply.</summary>
    TOut VisitOneWay<TArgs>(OneWayMethod<TService, TArgs> method);

    /// <summary>One request, a stream back.</summary>
    TOut VisitServerStreaming<TArgs, TItem>(ServerStreamingMethod<TService, TArgs, TItem> method);

    /// <summary>A stream up, one reply.</summary>
    TOut VisitClientStreaming<TArgs, TItem, TResult>(ClientStreamingMethod<TService, TArgs, TItem, TResult> method);

    /// <summary>A stream each way.</summary>
    TOut VisitDuplexStreaming<TArgs, TItem, TResultItem>(DuplexStreamingMethod<TService, TArgs, TItem, TResultItem> method);
}
