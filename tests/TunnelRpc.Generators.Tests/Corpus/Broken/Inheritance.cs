using System.ComponentModel;

namespace Corpus.Broken.Inheritance;

// Base classes of the platform.
public sealed class Failure : Exception; // TRPC0212

[TunnelService] public partial interface IFailures { Task PutAsync(Failure value); }

public sealed class Part : Component; // TRPC0212

[TunnelService] public partial interface IParts { Task PutAsync(Part value); } // TRPC0204

// A private field of a base class.
public class Counter
{
    private int _count; // TRPC0212

    public int Next() => ++_count;
}

public sealed class NamedCounter : Counter
{
    public string Name { get; set; } = "";
}

[TunnelService] public partial interface ICounters { Task PutAsync(NamedCounter value); }

// A member that hides one of the base class.
public class Base
{
    public int A { get; set; } // TRPC0212
}

public sealed class Hides : Base
{
    public new int A { get; set; }
}

[TunnelService] public partial interface IHides { Task PutAsync(Hides value); }

// A hidden member that generated code would take for the excluded one.
public class Visible
{
    public int Number { get; set; } // TRPC0212
}

public sealed class HidesInternally : Visible
{
    [TunnelIgnore]
    internal new int Number { get; set; }
}

[TunnelService] public partial interface IHidesInternally { Task PutAsync(HidesInternally value); }

// A property that a method, a constant or a nested type hides.
public class Named
{
    public string Name { get; set; } = ""; // TRPC0212
}

public sealed class HidesByMethod : Named
{
    public new string Name() => "m";
}

[TunnelService] public partial interface IHidesByMethod { Task PutAsync(HidesByMethod value); }

public class Titled
{
    public string Title { get; set; } = ""; // TRPC0212
}

public sealed class HidesByConstant : Titled
{
    public new const string Title = "t";
}

[TunnelService] public partial interface IHidesByConstant { Task PutAsync(HidesByConstant value); }

public class Kinded
{
    public int Kind { get; set; } // TRPC0212
}

public sealed class HidesByType : Kinded
{
    public new enum Kind { None }
}

[TunnelService] public partial interface IHidesByType { Task PutAsync(HidesByType value); }

// An override without a setter.
public class Settable
{
    public virtual int A { get; set; } // TRPC0212
}

public sealed class GetOnly : Settable
{
    public override int A => 4;
}

[TunnelService] public partial interface IGetOnly { Task PutAsync(GetOnly value); }

// A base class with a protected constructor and a member that the derived class does not pass on.
public abstract class Entity(Guid id)
{
    public Guid Id { get; } = id; // TRPC0209
}

public sealed class Order() : Entity(Guid.NewGuid())
{
    public int Number { get; set; }
}

[TunnelService] public partial interface IOrders { Task PutAsync(Order value); }

// A base entity with events of the domain.
public abstract class AggregateRoot
{
    private readonly List<object> _events = []; // TRPC0212

    public IReadOnlyList<object> Events => _events;

    protected void Raise(object happened) => _events.Add(happened);
}

public sealed class Cart : AggregateRoot
{
    public int Number { get; set; }
}

[TunnelService] public partial interface ICarts { Task PutAsync(Cart value); }

// A generic base class.
public abstract class Cached<T>
{
    private T? _cache; // TRPC0212

    public T Get(Func<T> create) => _cache ??= create();
}

public sealed class CachedText : Cached<string>;

[TunnelService] public partial interface ICachedTexts { Task PutAsync(CachedText value); }

// Notifications with a base class that has state.
public abstract class ViewModel : INotifyPropertyChanged
{
    private bool _isBusy; // TRPC0212

    public event PropertyChangedEventHandler? PropertyChanged;

    protected void Set(string name)
    {
        _isBusy = !_isBusy;
        PropertyChanged?.Invoke(this, new PropertyChangedEventArgs(name));
    }
}

public sealed class LoginViewModel : ViewModel
{
    public string User { get; set; } = "";
}

[TunnelService] public partial interface ILogins { Task PutAsync(LoginViewModel value); }
