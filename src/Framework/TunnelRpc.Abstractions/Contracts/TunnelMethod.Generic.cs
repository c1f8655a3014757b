namespace TunnelRpc;

/// <summary>A method of the contract <typeparamref name="TService"/>; one subclass for each shape of call.</summary>
/// <typeparam name="TService">The contract.</typeparam>
public abstract class TunnelMethod<TService> : TunnelMethod
    where TService : class
{
    private protected TunnelMethod(string service, string name)
        : base(service, name)
    {
    }

    /// <summary>Hands the method to the visitor's member for its shape, with its type arguments.</summary>
    public abstract TOut Accept<TOut>(ITunnelMethodVisitor<TService, TOut> visitor);
}
