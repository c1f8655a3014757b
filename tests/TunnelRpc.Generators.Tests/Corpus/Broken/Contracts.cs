namespace Corpus.Broken.Contracts;

[TunnelService] public interface INotPartial { Task AAsync(); } // TRPC0001

public class NotPartialOuter
{
    [TunnelService] public partial interface INested { Task BAsync(); } // TRPC0002
}

[TunnelService] public partial interface IGeneric<T> { Task<T> GetAsync(); } // TRPC0003

public partial class GenericOuter<T>
{
    [TunnelService] public partial interface INested { Task CAsync(); } // TRPC0003
}

public partial class PrivateOuter
{
    [TunnelService] private partial interface INested { Task DAsync(); } // TRPC0004

    [TunnelService] protected partial interface IProtected { Task EAsync(); } // TRPC0004
}

[TunnelService] file partial interface ILocal { Task FAsync(); } // TRPC0004

// Base interfaces.
[TunnelService] public partial interface IDisposing : IDisposable { Task GAsync(); } // TRPC0005

[TunnelService] public partial interface IAsyncDisposing : IAsyncDisposable { Task HAsync(); } // TRPC0005

[TunnelService] public partial interface IComparing : IComparable<int> { Task IAsync(); } // TRPC0005

[TunnelService] public partial interface IEnumerating : IEnumerable<int> { Task JAsync(); } // TRPC0005

public interface IDisposingBase : IDisposable;

[TunnelService] public partial interface IInDirectlyDisposing : IDisposingBase { Task KAsync(); } // TRPC0005

// Inherited mistakes are reported at the contract.
public interface IBadBase { Task PutAsync(object value); int Count { get; } void Run(); }

[TunnelService] public partial interface IInheritsMistakes : IBadBase { Task LAsync(); } // TRPC0101 TRPC0103 TRPC0204

public interface IRepository<T> { Task<T> FindAsync(); }

[TunnelService] public partial interface ITwoRepositories : IRepository<int>, IRepository<string> { Task MAsync(); } // TRPC0104

public interface ILeft { Task SameAsync(); }

public interface IRight { Task SameAsync(); }

[TunnelService] public partial interface ISameBases : ILeft, IRight { Task NAsync(); } // TRPC0104

[TunnelService] public partial interface IHides : ILeft { new Task SameAsync(); } // TRPC0104

// Callbacks.
public interface INotService { Task AAsync(); }

[TunnelService(Callback = typeof(INotService))] public partial interface ICallsBack { Task OAsync(); } // TRPC0301

[TunnelService(Callback = typeof(string))] public partial interface ICallsText { Task PAsync(); } // TRPC0301
