using System.ComponentModel;

namespace TunnelRpc;

/// <summary>A method of the contract <typeparamref name="TService"/>. There is one subclass for each call shape.</summary>
/// <typeparam name="TService">The contract.</typeparam>
[EditorBrowsable(EditorBrowsableState.Never)]
public abstract class TunnelMethod<TService> : TunnelMethod
    where TService : class
{
    private protected TunnelMethod(string service, string name)
        : base(service, name)
    {
    }

    internal override Type ContractType => typeof(TService);

    /// <summary>Calls the member of the visitor that matches the method's call shape, with the method's type arguments.</summary>
    public abstract TOut Accept<TOut>(ITunnelMethodVisitor<TService, TOut> visitor);
}
