using TunnelRpc.Multiplexing;
using TunnelRpc.Serialization;

namespace TunnelRpc.Calls;

/// <summary>One request, a stream back.</summary>
internal sealed class ServerStreamingHandler<TService, TArgs, TItem>(
    ServerStreamingMethod<TService, TArgs, TItem> method, ServiceActivator<TService> activator)
    : MethodHandler
    where TService : class
{
    public override TunnelMethod Method => method;

    public override void Start(in CallHead head, ReadOnlySpan<byte> arguments)
    {
        var reader = new MessagePackReader(arguments);
        TArgs args = method.Arguments.Read(ref reader);
        new Call(method, activator, args, head.Peer.Multiplexer.InitialSendWindow).Begin(head);
    }

    private sealed class Call : InboundCall
    {
        private readonly ServerStreamingMethod<TService, TArgs, TItem> _method;
        private readonly ServiceActivator<TService> _activator;
        private readonly TArgs _args;

        public Call(ServerStreamingMethod<TService, TArgs, TItem> method, ServiceActivator<TService> activator, TArgs args, int window)
        {
            _method = method;
            _activator = activator;
            _args = args;
            SendWindow = new SendWindow(window);
        }

        protected override TunnelMethod Method => _method;

        protected override FrameType FailureFrame => FrameType.End;

        protected override async ValueTask<bool> InvokeAsync()
        {
            IAsyncEnumerable<TItem> items = _method.Invoke(Activate(_activator), _args, Cancelled);
            return await StreamBackAsync(_method.Item, items).ConfigureAwait(false);
        }
    }
}
