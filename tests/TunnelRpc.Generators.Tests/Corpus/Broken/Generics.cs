namespace Corpus.Broken.Generics;

// A type that contains itself with ever larger type arguments.
public sealed class Selfy<T>
{
    public Selfy<List<T>>? Next { get; set; } // TRPC0214
}

[TunnelService] public partial interface ISelfies { Task PutAsync(Selfy<int> value); }

// A type argument that cannot be sent.
public sealed record Result<T>(
    T? Data, // TRPC0204
    string? Error);

[TunnelService] public partial interface IResults { Task<Result<object>> GetAsync(); }

public sealed record Page<T>(
    IReadOnlyList<T> Items); // TRPC0204

[TunnelService] public partial interface IPages { Task<Page<Action>> GetAsync(); }

// State of a generic type.
public sealed class Box<T>(T content)
{
    private readonly T _content = content; // TRPC0212

    public T Content { get; } = content;

    public bool IsSame() => Equals(_content, Content);
}

[TunnelService] public partial interface IBoxes { Task PutAsync(Box<int> value); }

// A struct without a constructor for its value.
public readonly struct Optional<T>
{
    private readonly T? _value; // TRPC0212
    private readonly bool _hasValue; // TRPC0212

    public Optional(T value) => (_value, _hasValue) = (value, true);

    public T Get() => _hasValue ? _value! : throw new InvalidOperationException();
}

[TunnelService] public partial interface IOptionals { Task PutAsync(Optional<string> value); }

// A contract of the application as a type argument of a base.
public interface IStore<T> { Task<T> LoadAsync(); Task SaveAsync(T value); }

[TunnelService] public partial interface IObjectStore : IStore<object>; // TRPC0204
